package dev.behalf.vault.provider;

/// How the parameters of a request are written.
public enum BodyFormat {
    /// As RFC 6749 has it.
    FORM,
    JSON
}
