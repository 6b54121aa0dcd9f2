package dev.behalf.vault.secret;

import dev.behalf.vault.crypto.Envelope;

/// A secret that is encrypted and not stored yet.
///
/// @param version that it will have: one more than the one it replaces, 1 for the first
public record SealedSecret(SecretLabel label, long version, Envelope envelope) {}
