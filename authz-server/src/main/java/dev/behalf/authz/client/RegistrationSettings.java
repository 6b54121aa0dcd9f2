package dev.behalf.authz.client;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.context.annotation.Context;
import io.micronaut.core.bind.annotation.Bindable;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// How clients register themselves (RFC 7591).
///
/// @param initialAccessToken who shows it may register; at least 32 characters, never printed; null: anybody may
/// @param burst              how many registrations one network (an IPv4 address, an IPv6 /64) may make at once: many
///                           people share one, and some clients register anew for each connection
/// @param every              until it may make one more
/// @param mostUnused         how many registrations there may be that were never used; then the oldest give way
/// @param unusedFor          a client lives so long unless it is used
/// @param idleFor            a client lives so long after it was used last; a live grant keeps it alive in any case
/// @param schemes            of redirect URIs, beside https, loopback and those with a dot (RFC 8252 §7.1): of programs
///                           in wide use that do without the dot
@Context
@ConfigurationProperties("behalf.authz.registration")
record RegistrationSettings(
        @Nullable String initialAccessToken,
        @Bindable(defaultValue = "60") int burst,
        @Bindable(defaultValue = "5s") Duration every,
        @Bindable(defaultValue = "10000") int mostUnused,
        @Bindable(defaultValue = "24h") Duration unusedFor,
        @Bindable(defaultValue = "90d") Duration idleFor,

        @Bindable(defaultValue = "cursor,vscode,vscode-insiders,windsurf")
        List<String> schemes) {

    private static final int MIN_TOKEN_LENGTH = 32;

    RegistrationSettings {
        if (initialAccessToken != null && initialAccessToken.length() < MIN_TOKEN_LENGTH) {
            throw new IllegalArgumentException("behalf.authz.registration.initial-access-token must have at least "
                    + MIN_TOKEN_LENGTH + " characters");
        }
        if (burst < 1 || mostUnused < 1) {
            throw new IllegalArgumentException("behalf.authz.registration.burst and most-unused must be at least 1");
        }
        within("every", every, Duration.ofMillis(1), Duration.ofDays(1));
        within("unused-for", unusedFor, Duration.ofHours(1), Duration.ofDays(366));
        within("idle-for", idleFor, Duration.ofDays(1), Duration.ofDays(3660));
        schemes = schemes.stream()
                .map(scheme -> scheme.strip().toLowerCase(Locale.ROOT))
                .filter(scheme -> !scheme.isEmpty())
                .toList();
        for (var scheme : schemes) {
            if (!scheme.matches("[a-z][a-z0-9+-]*")
                    || scheme.matches("https?|javascript|data|vbscript|file|blob|about")) {
                throw new IllegalArgumentException(
                        "behalf.authz.registration.schemes holds what is no scheme of a program's own: " + scheme);
            }
        }
    }

    private static void within(String name, Duration value, Duration least, Duration most) {
        if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
            throw new IllegalArgumentException("behalf.authz.registration." + name + " must be from " + least + " to "
                    + most + ", but is " + value);
        }
    }

    @Override
    public String toString() {
        return "RegistrationSettings[burst=" + burst + ", every=" + every + ", mostUnused=" + mostUnused + "]";
    }
}
