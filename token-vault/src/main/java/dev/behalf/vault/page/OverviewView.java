package dev.behalf.vault.page;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The user's connected accounts, what else can be connected, and what was done with them of late.
///
/// @param csrf   goes back in the field `csrf` of every form
/// @param offers providers, of which further accounts can be connected too
public record OverviewView(String username, String csrf, List<Card> cards, List<Offer> offers, List<Use> uses)
        implements View {

    public OverviewView {
        cards = List.copyOf(cards);
        offers = List.copyOf(offers);
        uses = List.copyOf(uses);
    }

    /// A connected account.
    ///
    /// @param id       names the connection in paths
    /// @param account  what the provider calls it, for people
    /// @param detail   the user name or the address besides, or null
    /// @param expires  how long the present token is good, when the user should know; null: it renews itself,
    ///                 or it does not end
    /// @param scopes   what it can do; empty: not known
    /// @param missing  scopes that the provider is usually asked for and did not grant
    /// @param lastUsed when an agent last had its token, or null
    /// @param page     at which it is connected again, or null when its provider is not here any more
    public record Card(
            String id,
            String provider,
            String account,
            @Nullable String detail,
            Status status,
            @Nullable Instant expires,
            List<String> scopes,
            List<String> missing,
            Instant since,
            @Nullable Instant lastUsed,
            @Nullable AgentName lastUsedBy,
            List<Allowed> agents,
            @Nullable String page) {

        public Card {
            scopes = List.copyOf(scopes);
            missing = List.copyOf(missing);
            agents = List.copyOf(agents);
        }

        /// Stands in for a picture, which would have to come from another site.
        public String initials() {
            var letters = new StringBuilder();
            for (var word : account.split("[^\\p{L}\\p{N}]+")) {
                if (!word.isEmpty() && letters.codePointCount(0, letters.length()) < 2) {
                    letters.appendCodePoint(Character.toUpperCase(word.codePointAt(0)));
                }
            }
            return letters.isEmpty() ? "?" : letters.toString();
        }
    }

    /// How an account stands, from good to bad.
    public enum Status {
        CONNECTED("connected"),
        MISSING_SCOPES("missing-scopes"),
        EXPIRING_SOON("expiring-soon"),
        EXPIRED("expired"),
        NEEDS_RECONNECT("needs-reconnect");

        private final String word;

        Status(String word) {
            this.word = word;
        }

        /// The last part of the key of its text, and of the name of its class in the style sheet.
        public String word() {
            return word;
        }
    }

    /// An agent that may use an account.
    ///
    /// @param page  at which that is changed
    /// @param until null: until the user ends it
    public record Allowed(
            AgentName agent, Instant since, @Nullable Instant until, boolean over, String page) {}

    /// A provider of which an account can be connected.
    ///
    /// @param page at which it is
    public record Offer(String title, @Nullable String description, String page) {}

    /// Something that was done with an account of the user.
    ///
    /// @param what    the last part of the key of its text
    /// @param agent   null: the user did it
    /// @param purpose in the agent's words, or null
    public record Use(
            Instant at,
            String what,
            @Nullable String provider,
            @Nullable String agent,
            @Nullable String purpose) {}
}
