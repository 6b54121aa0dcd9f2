package dev.behalf.authz.event;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// A user has let an agent act for them.
///
/// @param gid      the grant's id: claim `gid` of its access tokens
/// @param subject  the user's account id
/// @param username the user's name; never part of an event
/// @param actor    who acts (`act.sub`), or null when nobody but the user does
/// @param resource what the tokens are for (RFC 8707)
public record Granted(
        String gid,
        String subject,
        String username,
        String clientId,
        @Nullable String actor,
        Set<String> scopes,
        String resource,
        Instant at) {

    public Granted {
        scopes = Set.copyOf(scopes);
        at = at.truncatedTo(ChronoUnit.MICROS); // what PostgreSQL keeps
    }

    /// The data of its event.
    Map<String, Object> json() {
        var json = new LinkedHashMap<String, Object>();
        json.put("kind", "grant");
        json.put("id", gid);
        json.put("subject", subject);
        json.put("clientId", clientId);
        if (actor != null) {
            json.put("actor", actor);
        }
        json.put("scopes", new ArrayList<>(new TreeSet<>(scopes)));
        json.put("resource", resource);
        json.put("grantedAt", at.toString());
        return json;
    }
}
