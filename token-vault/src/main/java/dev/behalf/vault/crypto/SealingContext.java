package dev.behalf.vault.crypto;

/// What a secret belongs to. It is bound to the ciphertext as associated data, not stored with it: a value that
/// was moved to another place cannot be opened there.
///
/// @param tenant  whose installation it is
/// @param owner   the user, or whoever else the secret is of
/// @param record  what holds it, such as one connection
/// @param field   which of the record's secrets it is
/// @param version counts the values that stood here: an older one put back cannot be opened
public record SealingContext(String tenant, String owner, String record, String field, long version) {

    private static final int ENCODING = 1;

    byte[] associatedData() {
        return CanonicalBytes.of("behalf.vault.secret", ENCODING)
                .text(tenant)
                .text(owner)
                .text(record)
                .text(field)
                .number(version)
                .toBytes();
    }
}
