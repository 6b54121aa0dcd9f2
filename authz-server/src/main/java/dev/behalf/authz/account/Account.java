package dev.behalf.authz.account;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// A person who can sign in.
///
/// @param id       the `sub` of our tokens: opaque, never given to another person
/// @param username unique whatever its case; what the suite sends as `X-End-User-ID`. Never changes
/// @param disabled cannot sign in, and nothing acts for them
public record Account(
        String id,
        String username,
        @Nullable String name,
        @Nullable String email,
        boolean emailVerified,
        boolean disabled,
        Instant createdAt) {}
