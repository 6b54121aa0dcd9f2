package dev.behalf.vault.event;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// Something that happened to a connection.
///
/// @param connection its id
/// @param owner      the user's account id; never a name
/// @param scopes     that it has from then on
/// @param missing    scopes that it had and has no more
/// @param reason     why the user must connect again, in a word of ours; null: nothing of the kind
public record ConnectionEvent(
        Kind kind,
        UUID connection,
        String owner,
        String provider,
        Set<String> scopes,
        Set<String> missing,
        @Nullable String reason,
        Instant at) {

    public ConnectionEvent {
        scopes = Set.copyOf(scopes);
        missing = Set.copyOf(missing);
    }

    /// What happened.
    public enum Kind {
        /// The user has connected it, or connected it again.
        CONNECTED("connected"),
        /// It has a new access token.
        REFRESHED("refreshed"),
        /// Nobody gets a token of it until the user connects it again.
        NEEDS_RECONNECT("needs-reconnect"),
        /// The provider gave fewer scopes than before.
        SCOPE_MISSING("scope-missing"),
        /// The provider has ended its tokens.
        REVOKED("revoked"),
        /// Its tokens were destroyed here.
        DELETED("deleted");

        private final String word;

        Kind(String word) {
            this.word = word;
        }

        /// The type of its event.
        String type() {
            return "dev.behalf.connection." + word + ".v1";
        }
    }

    /// The data of its event.
    Map<String, Object> json() {
        var json = new LinkedHashMap<String, Object>();
        json.put("id", connection.toString());
        json.put("owner", owner);
        json.put("provider", provider);
        json.put("scopes", new TreeSet<>(scopes));
        if (!missing.isEmpty()) {
            json.put("missing", new TreeSet<>(missing));
        }
        if (reason != null) {
            json.put("reason", reason);
        }
        json.put("at", at.toString());
        return json;
    }
}
