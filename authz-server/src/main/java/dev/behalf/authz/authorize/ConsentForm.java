package dev.behalf.authz.authorize;

import io.netty.handler.codec.http.QueryStringDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// What a person answered on the consent page.
///
/// @param allowed  they pressed Allow, not Deny
/// @param scopes   what they left ticked
/// @param lifetime how long they allow it, one of those that were offered
record ConsentForm(String csrf, boolean allowed, Set<String> scopes, Duration lifetime) {

    private static final int MAX_FIELDS = 256;

    ConsentForm {
        scopes = Set.copyOf(scopes);
    }

    /// How long a person may allow something, the default first, none longer than that.
    static List<Duration> lifetimes(Duration longest) {
        return java.util.stream.Stream.concat(
                        java.util.stream.Stream.of(longest),
                        java.util.stream.Stream.of(
                                        Duration.ofDays(30),
                                        Duration.ofDays(7),
                                        Duration.ofDays(1),
                                        Duration.ofHours(1))
                                .filter(shorter -> shorter.compareTo(longest) < 0))
                .toList();
    }

    /// Reads the form; what is missing or malformed counts as Deny.
    static ConsentForm parse(byte[] body, Duration longest) {
        var fields = new QueryStringDecoder(
                        new String(body, StandardCharsets.UTF_8), StandardCharsets.UTF_8, false, MAX_FIELDS)
                .parameters();
        return new ConsentForm(
                one(fields, "csrf"),
                one(fields, "decision").equals("allow"),
                new LinkedHashSet<>(fields.getOrDefault("scope", List.of())),
                lifetime(one(fields, "lifetime"), longest));
    }

    private static Duration lifetime(String seconds, Duration longest) {
        return lifetimes(longest).stream()
                .filter(one -> String.valueOf(one.toSeconds()).equals(seconds))
                .findFirst()
                .orElse(longest);
    }

    private static String one(Map<String, List<String>> fields, String name) {
        var values = fields.getOrDefault(name, List.of());
        return values.size() == 1 ? values.getFirst() : "";
    }

    @Override
    public String toString() {
        return "ConsentForm[allowed=" + allowed + "]";
    }
}
