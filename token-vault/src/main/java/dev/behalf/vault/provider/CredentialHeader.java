package dev.behalf.vault.provider;

import dev.behalf.kernel.secret.Secret;

/// The header that shows a token or key to the provider.
///
/// @param name   of the header
/// @param prefix what stands before the token, with its space, such as `Bearer `; may be empty
public record CredentialHeader(String name, String prefix) {

    /// RFC 6750 §2.1.
    public static final CredentialHeader BEARER = new CredentialHeader("Authorization", "Bearer ");

    /// The value of the header.
    public String value(Secret token) {
        return prefix + token.reveal();
    }
}
