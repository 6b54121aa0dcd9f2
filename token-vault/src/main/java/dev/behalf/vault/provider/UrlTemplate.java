package dev.behalf.vault.provider;

import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.regex.Pattern;

/// A URL with places to fill, such as `https://example.com/users/{id}`. Places are behind the host only, and
/// what fills them is escaped.
public record UrlTemplate(String text) {

    private static final Pattern PLACE = Pattern.compile("\\{([a-z_]+)}");

    /// Every place filled; one without a value by nothing.
    public URI fill(Map<String, String> values) {
        return URI.create(PLACE.matcher(text).replaceAll(place -> escaped(values.getOrDefault(place.group(1), ""))));
    }

    private static String escaped(String value) {
        return URLEncoder.encode(value, StandardCharsets.UTF_8).replace("+", "%20");
    }

    @Override
    public String toString() {
        return text;
    }
}
