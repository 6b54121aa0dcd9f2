package dev.behalf.vault.provider;

import dev.behalf.kernel.outbound.OutboundPolicy;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The members of one object of a definition, read one by one. [#end] refuses those that nobody read: a
/// misspelt field must not be taken for one that was left out.
final class Fields {

    private static final int MAX_TEXT = 300;
    private static final int MAX_URL = 1000;
    private static final int MAX_ENTRIES = 50;
    private static final int MAX_ITEMS = 200;
    private static final Pattern PRINTABLE = Pattern.compile("[^\\p{Cntrl}\\p{Cs}]+");
    private static final Pattern HEADER = Pattern.compile("[A-Za-z0-9-]{1,60}");
    private static final Pattern HEADER_VALUE = Pattern.compile("[\\x20-\\x7E]+");
    private static final Pattern PLACE = Pattern.compile("\\{([^}]*)}");

    /// The connection's or the protocol's own.
    private static final Set<String> OWN_HEADERS = Set.of(
            "authorization",
            "proxy-authorization",
            "cookie",
            "host",
            "connection",
            "content-length",
            "content-type",
            "content-encoding",
            "transfer-encoding",
            "accept-encoding",
            "upgrade",
            "expect",
            "te",
            "trailer");

    private final String where;
    private final Map<String, @Nullable Object> members;
    private final Set<String> read = new LinkedHashSet<>();
    private final OutboundPolicy policy;

    Fields(String where, Map<String, @Nullable Object> members, OutboundPolicy policy) {
        this.where = where;
        this.members = members;
        this.policy = policy;
    }

    /// @throws InvalidProvider when a member was not read
    void end() {
        for (var name : members.keySet()) {
            if (!read.contains(name)) {
                throw new InvalidProvider(path(shown(name)) + " is no field of a provider of that kind");
            }
        }
    }

    Set<String> names() {
        return members.keySet();
    }

    /// Empty when it is not there.
    @SuppressWarnings("unchecked")
    Fields object(String name) {
        var value = take(name);
        if (value == null) {
            return new Fields(path(name), Map.of(), policy);
        }
        if (!(value instanceof Map<?, ?> map)) {
            throw fault(name, "must be an object");
        }
        return new Fields(path(name), (Map<String, @Nullable Object>) map, policy);
    }

    /// As it is.
    @Nullable
    Object value(String name) {
        return take(name);
    }

    boolean has(String name) {
        return members.get(name) != null;
    }

    String text(String name) {
        var value = optionalText(name);
        if (value == null) {
            throw fault(name, "is required");
        }
        return value;
    }

    @Nullable
    String optionalText(String name) {
        var value = take(name);
        return value == null ? null : text(value, name);
    }

    String matching(String name, String pattern, String otherwise) {
        var value = take(name);
        if (value == null) {
            return otherwise;
        }
        if (!(value instanceof String text) || !text.matches(pattern)) {
            throw fault(name, "is not well-formed");
        }
        return text;
    }

    boolean flag(String name, boolean otherwise) {
        return switch (take(name)) {
            case null -> otherwise;
            case Boolean value -> value;
            default -> throw fault(name, "must be true or false");
        };
    }

    /// One of the constants, in lower case.
    <E extends Enum<E>> E choice(String name, Class<E> type, E otherwise) {
        var value = take(name);
        if (value == null) {
            return otherwise;
        }
        for (var constant : type.getEnumConstants()) {
            if (value.equals(constant.name().toLowerCase(Locale.ROOT))) {
                return constant;
            }
        }
        throw fault(name, "is none of those that are known");
    }

    JsonPath jsonPath(String name, JsonPath otherwise) {
        var path = optionalPath(name);
        return path == null ? otherwise : path;
    }

    @Nullable
    JsonPath optionalPath(String name) {
        return switch (take(name)) {
            case null -> null;
            case String text -> {
                try {
                    yield JsonPath.of(text);
                } catch (InvalidProvider e) {
                    throw fault(name, "is no JSON path");
                }
            }
            default -> throw fault(name, "must be a text");
        };
    }

    @Nullable
    Duration duration(String name) {
        var text = optionalText(name);
        if (text == null) {
            return null;
        }
        try {
            var duration = Duration.parse(text);
            if (duration.isPositive() && duration.compareTo(Duration.ofDays(3650)) < 0) {
                return duration;
            }
        } catch (DateTimeParseException e) {
            throw fault(name, "must be a duration, such as PT8H");
        }
        throw fault(name, "must be positive and less than ten years");
    }

    Set<String> texts(String name) {
        var all = new LinkedHashSet<String>();
        for (var item : list(name)) {
            all.add(text(item, name));
        }
        return all;
    }

    Set<Integer> statuses(String name) {
        var all = new LinkedHashSet<Integer>();
        for (var item : list(name)) {
            if (!(item instanceof Long number) || number < 400 || number > 499) {
                throw fault(name, "must be statuses from 400 to 499");
            }
            all.add(number.intValue());
        }
        return all;
    }

    /// An object of texts.
    Map<String, String> textMap(String name) {
        var map = object(name);
        var all = new LinkedHashMap<String, String>();
        if (map.names().size() > MAX_ENTRIES) {
            throw fault(name, "has more than " + MAX_ENTRIES + " entries");
        }
        for (var key : map.names()) {
            all.put(key, map.text(key));
        }
        return all;
    }

    /// An object of lists of texts.
    Map<String, Set<String>> listMap(String name) {
        var map = object(name);
        var all = new LinkedHashMap<String, Set<String>>();
        if (map.names().size() > MAX_ITEMS) {
            throw fault(name, "has more than " + MAX_ITEMS + " entries");
        }
        for (var key : map.names()) {
            all.put(key, map.texts(key));
        }
        return all;
    }

    /// @throws InvalidProvider for one that is the connection's or the protocol's own
    Map<String, String> headers(String name) {
        var headers = textMap(name);
        headers.forEach((header, value) -> {
            if (!HEADER.matcher(header).matches()
                    || !HEADER_VALUE.matcher(value).matches()) {
                throw fault(name, "has one that is no header");
            }
            if (OWN_HEADERS.contains(header.toLowerCase(Locale.ROOT))) {
                throw fault(name, "must not have " + header);
            }
        });
        return headers;
    }

    /// The name of a header that may show a key.
    String credentialHeader(String name) {
        var header = text(name);
        var lower = header.toLowerCase(Locale.ROOT);
        if (!HEADER.matcher(header).matches() || (OWN_HEADERS.contains(lower) && !lower.equals("authorization"))) {
            throw fault(name, "is no header that can show a key");
        }
        return header;
    }

    URI url(String name) {
        var url = optionalUrl(name);
        if (url == null) {
            throw fault(name, "is required");
        }
        return url;
    }

    @Nullable
    URI optionalUrl(String name) {
        var value = take(name);
        return value == null ? null : checked(name, value);
    }

    UrlTemplate template(String name, Set<String> places) {
        var template = optionalTemplate(name, places);
        if (template == null) {
            throw fault(name, "is required");
        }
        return template;
    }

    @Nullable
    UrlTemplate optionalTemplate(String name, Set<String> places) {
        var value = take(name);
        if (value == null) {
            return null;
        }
        if (!(value instanceof String text)) {
            throw fault(name, "must be a URL");
        }
        var matcher = PLACE.matcher(text);
        while (matcher.find()) {
            if (!places.contains(matcher.group(1)) || matcher.start() < text.indexOf('/', text.indexOf("://") + 3)) {
                throw fault(name, "has a place that cannot be filled");
            }
        }
        var _ = checked(name, PLACE.matcher(text).replaceAll("x"));
        return new UrlTemplate(text);
    }

    InvalidProvider fault(String name, String what) {
        return new InvalidProvider(path(shown(name)) + " " + what);
    }

    private URI checked(String name, Object value) {
        if (!(value instanceof String text) || text.length() > MAX_URL) {
            throw fault(name, "must be a URL");
        }
        URI url;
        try {
            url = new URI(text);
        } catch (URISyntaxException e) {
            throw fault(name, "must be a URL");
        }
        var refusal = policy.refusal(url);
        if (refusal.isPresent()) {
            throw fault(name, refusal.get());
        }
        return url;
    }

    private String text(@Nullable Object value, String name) {
        if (!(value instanceof String text)
                || text.isEmpty()
                || text.length() > MAX_TEXT
                || !PRINTABLE.matcher(text).matches()) {
            throw fault(name, "must be a text of 1 to " + MAX_TEXT + " characters");
        }
        return text;
    }

    private List<?> list(String name) {
        return switch (take(name)) {
            case null -> List.of();
            case List<?> list when list.size() <= MAX_ITEMS -> new ArrayList<>(list);
            default -> throw fault(name, "must be a list of at most " + MAX_ITEMS);
        };
    }

    private @Nullable Object take(String name) {
        read.add(name);
        return members.get(name);
    }

    private String path(String name) {
        return where.isEmpty() ? name : where + "." + name;
    }

    /// What someone else wrote, as far as it can be shown.
    private static String shown(String name) {
        return name.matches("[\\x21-\\x7E]{1,80}") ? name : "a field";
    }
}
