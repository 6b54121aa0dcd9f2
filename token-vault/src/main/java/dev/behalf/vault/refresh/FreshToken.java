package dev.behalf.vault.refresh;

import dev.behalf.vault.connection.Connection;
import dev.behalf.vault.connection.Tokens;
import java.time.Duration;

/// What there is to serve of a connection now.
public sealed interface FreshToken {

    /// A token that is good, as far as is known.
    record Good(Connection connection, Tokens tokens) implements FreshToken {}

    /// Only the user can mend it, by connecting again.
    ///
    /// @param reason in a word of ours
    record NeedsReconnect(Connection connection, String reason) implements FreshToken {}

    /// The token has expired, and it cannot be known now whether there is a new one: the provider is away, or
    /// an operator's settings of it are wrong. Nothing that the user has to do.
    ///
    /// @param retryAfter at least a second
    record Unavailable(Connection connection, Duration retryAfter) implements FreshToken {}
}
