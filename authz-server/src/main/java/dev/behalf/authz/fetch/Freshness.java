package dev.behalf.authz.fetch;

import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;

/// How long a document may be taken for current (RFC 9111 §4.2), within bounds: a host that forbids it is not
/// asked for each request, and one that allows for years can still change its mind.
final class Freshness {

    private static final Duration LEAST = Duration.ofMinutes(1);
    private static final Duration MOST = Duration.ofDays(1);
    private static final Duration UNSAID = Duration.ofMinutes(10);
    private static final Pattern MAX_AGE = Pattern.compile("(?i)(?:^|[ ,])max-age=\"?([0-9]{1,9})");
    private static final Pattern NEVER = Pattern.compile("(?i)(?:^|[ ,])no-(store|cache)\\b");

    private Freshness() {}

    /// @param cacheControl the values of the header
    static Duration of(List<String> cacheControl) {
        var all = String.join(",", cacheControl);
        if (NEVER.matcher(all).find()) {
            return LEAST;
        }
        var age = MAX_AGE.matcher(all);
        if (!age.find()) {
            return UNSAID;
        }
        var said = Duration.ofSeconds(Long.parseLong(age.group(1)));
        return said.compareTo(LEAST) < 0 ? LEAST : said.compareTo(MOST) > 0 ? MOST : said;
    }
}
