package dev.behalf.vault.page;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Asks whether an agent may use an account, or for how long it still may.
///
/// @param action    where the answer is posted
/// @param accounts  to choose from, in the field `connection`; the first is chosen
/// @param lifetimes in the field `lifetime`, in seconds; zero: until the user ends it; the first is chosen
/// @param since     when the user allowed it; null: they did not yet
/// @param until     till when it may now; null: until the user ends it, or it may not yet
public record AllowView(
        String action,
        String csrf,
        String username,
        String provider,
        AgentName agent,
        List<Account> accounts,
        List<Duration> lifetimes,
        @Nullable Instant since,
        @Nullable Instant until)
        implements View {

    public AllowView {
        accounts = List.copyOf(accounts);
        lifetimes = List.copyOf(lifetimes);
    }

    /// One of the user's accounts.
    ///
    /// @param scopes what the agent could do with it; empty: whatever the account can. They go back in a field
    ///               of their own, so that nothing is allowed that was not shown
    public record Account(String id, String title, List<String> scopes) {
        public Account {
            scopes = List.copyOf(scopes);
        }

        /// The name of that field.
        public String field() {
            return "scopes-" + id;
        }

        /// Its value.
        public String text() {
            return String.join(" ", scopes);
        }
    }
}
