package dev.behalf.vault.give;

import dev.behalf.vault.connection.Connection;
import dev.behalf.vault.connection.Tokens;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The answer to an agent that asked for a token.
sealed interface Given {

    record Active(Connection connection, Tokens tokens) implements Given {}

    /// What the user alone can mend.
    ///
    /// @param status     a word for programs
    /// @param provider   by its name, whatever it was asked for by
    /// @param connection which is meant; null: there is none
    /// @param missing    scopes that the connection has not
    record UserMustAct(
            Status status, String provider, @Nullable Connection connection, Set<String> missing) implements Given {}

    /// The agent must say which of several accounts it means.
    record Ambiguous() implements Given {}

    /// Nobody has to do anything but wait.
    record Unavailable(Connection connection, Duration retryAfter) implements Given {}

    /// Why the user must act.
    enum Status {
        NOT_CONNECTED("not_connected", "the user has not connected an account there"),
        CONSENT_REQUIRED("consent_required", "the user has not let this agent use the account"),
        MISSING_SCOPES("missing_scopes", "the account is connected with fewer scopes"),
        NEEDS_RECONNECT("needs_reconnect", "the account must be connected again");

        private final String word;
        private final String text;

        Status(String word, String text) {
            this.word = word;
            this.text = text;
        }

        String word() {
            return word;
        }

        String text() {
            return text;
        }
    }
}
