package dev.behalf.gateway.route;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// One way through the gateway.
///
/// @param host                 exact, or with a leading `.` for every host below
/// @param path                 a prefix, which ends at a segment: `/a` takes `/a` and `/a/b`, not `/ab`
/// @param stripAuthorization   whether the user's token ends here, which it does unless told otherwise
/// @param stripCookies         whether cookies end here
/// @param upgrades             whether a WebSocket may pass
/// @param connectTimeout       for a connection to the upstream
/// @param responseTimeout      from the last byte of the request to the head of the response
/// @param idleTimeout          between two parts of a body, either way
/// @param maxBodyBytes         of a request
/// @param maxRequests          under way at a time; each has a connection to the upstream
/// @param protection           what is asked of our own access tokens; null: none of them is accepted
/// @param injection            whose token is put into the calls that agents make; null: none is
/// @param inFlight             those under way; outlives the routes file that the route was read from
public record Route(
        String host,
        String path,
        Upstream upstream,
        Access access,
        boolean stripAuthorization,
        boolean stripCookies,
        boolean upgrades,
        Duration connectTimeout,
        Duration responseTimeout,
        Duration idleTimeout,
        long maxBodyBytes,
        int maxRequests,
        @Nullable Protection protection,
        @Nullable Injection injection,
        InFlight inFlight) {

    /// Whether the route takes that path.
    boolean takes(String canonicalPath) {
        return canonicalPath.startsWith(path)
                && (path.endsWith("/")
                        || canonicalPath.length() == path.length()
                        || canonicalPath.charAt(path.length()) == '/');
    }
}
