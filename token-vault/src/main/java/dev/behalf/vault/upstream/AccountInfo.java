package dev.behalf.vault.upstream;

import org.jspecify.annotations.Nullable;

/// An account at a provider, as far as that tells. The texts are the provider's, made short and free of control
/// characters; to a page they are as foreign as any input.
///
/// @param id         what it always is called there; never used anew for another
/// @param username   what the user is called there; may change
/// @param email      not proof of anything
/// @param avatarUrl  an https URL
/// @param profileUrl an https URL
public record AccountInfo(
        String id,
        @Nullable String username,
        @Nullable String name,
        @Nullable String email,
        @Nullable String avatarUrl,
        @Nullable String profileUrl) {}
