package dev.behalf.vault.page;

import org.jspecify.annotations.Nullable;

/// Takes a key that the user made at a provider.
///
/// @param action  where it is posted, in the field `key`
/// @param agent   that wants to use it, or null when the user came by themselves
/// @param tells   the provider tells whose key it is; if not, the user names it in the field `account`
/// @param account as it was named, when the form comes again
/// @param error   a key of the messages, or null
public record KeyView(
        String action,
        String csrf,
        String username,
        String provider,
        @Nullable String description,
        @Nullable AgentName agent,
        boolean tells,
        String account,
        @Nullable String error)
        implements View {}
