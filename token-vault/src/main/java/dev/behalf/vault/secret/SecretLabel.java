package dev.behalf.vault.secret;

import dev.behalf.vault.crypto.SealingContext;

/// The place of one secret. Who reads a secret says where it must be, from what is known by other means: a
/// value that was moved here from elsewhere does not open.
///
/// @param tenant whose installation it is; [#TENANT] where there is one only
/// @param owner  the user, or whoever else the secret is of, such as a provider
/// @param record what holds it, such as `connection/` and its id
/// @param field  which of the record's secrets it is, such as `tokens`
public record SecretLabel(String tenant, String owner, String record, String field) {

    /// The only tenant, where there is one only.
    public static final String TENANT = "default";

    /// In the only tenant.
    public static SecretLabel of(String owner, String record, String field) {
        return new SecretLabel(TENANT, owner, record, field);
    }

    SealingContext at(long version) {
        return new SealingContext(tenant, owner, record, field, version);
    }
}
