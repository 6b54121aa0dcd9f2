package dev.behalf.vault.upstream;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// What came of asking a provider for tokens. Reasons are words of ours, never the provider's: they may be
/// shown and recorded.
public sealed interface TokenOutcome {

    record Given(TokenSet tokens) implements TokenOutcome {}

    /// The code or the refresh token is not accepted, and will not be: only the user can help.
    record UserMustReconnect(String reason) implements TokenOutcome {}

    /// The provider does not accept this vault's client: only the operator can help. It says nothing about the
    /// user, whose connection stays as it is.
    record Misconfigured(String reason) implements TokenOutcome {}

    /// A scope is refused (`invalid_scope`).
    record ScopeRefused(String reason) implements TokenOutcome {}

    /// No usable answer now.
    ///
    /// @param retryAfter what the provider asked for, at most a day; null: it did not say
    record Unavailable(@Nullable Duration retryAfter, String reason) implements TokenOutcome {}
}
