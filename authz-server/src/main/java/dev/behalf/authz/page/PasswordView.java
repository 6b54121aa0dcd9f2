package dev.behalf.authz.page;

import org.jspecify.annotations.Nullable;

/// Asks for a new password, with a ticket in the place of the old one.
///
/// @param action   where the answer is posted: `password`, and `csrf`
/// @param csrf     goes back in the field `csrf`
/// @param username whose password it will be
/// @param error    a key of the messages, or null
public record PasswordView(
        String action,
        String csrf,
        String username,
        @Nullable String error) implements View {}
