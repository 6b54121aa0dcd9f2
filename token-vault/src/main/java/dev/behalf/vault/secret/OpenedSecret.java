package dev.behalf.vault.secret;

import dev.behalf.kernel.secret.Secret;

/// A secret in the clear.
///
/// @param version counts the values that stood in this place, from 1
public record OpenedSecret(Secret value, long version) {}
