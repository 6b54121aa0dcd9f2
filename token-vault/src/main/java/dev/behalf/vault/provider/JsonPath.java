package dev.behalf.vault.provider;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A place in a JSON value: a JSON pointer (RFC 6901), in which `[name=value]` stands for the first element of
/// an array that has that text, number or truth value as that member: `/[primary=true]/email`.
public final class JsonPath {

    /// The whole value.
    public static final JsonPath ROOT = new JsonPath("", List.of());

    private static final int MAX_LENGTH = 200;
    private static final Pattern SELECTOR = Pattern.compile("\\[([A-Za-z0-9_-]+)=([^\\]/]*)]");

    private final String text;
    private final List<String> steps;

    private JsonPath(String text, List<String> steps) {
        this.text = text;
        this.steps = steps;
    }

    /// @throws InvalidProvider when it is no such path
    public static JsonPath of(String text) {
        if (text.isEmpty()) {
            return ROOT;
        }
        if (text.charAt(0) != '/' || text.length() > MAX_LENGTH) {
            throw new InvalidProvider("a JSON path begins with '/' and has at most " + MAX_LENGTH + " characters");
        }
        var steps = new ArrayList<String>();
        for (var step : text.substring(1).split("/", -1)) {
            steps.add(step.replace("~1", "/").replace("~0", "~"));
        }
        return new JsonPath(text, List.copyOf(steps));
    }

    /// What is at that place, or null.
    public @Nullable Object in(@Nullable Object value) {
        Object at = value;
        for (var step : steps) {
            at = switch (at) {
                case Map<?, ?> object -> object.get(step);
                case List<?> array -> element(array, step);
                case null, default -> null;
            };
        }
        return at;
    }

    /// The text or number at that place as a text, or null when there is none or it is empty.
    public @Nullable String text(@Nullable Object value) {
        return switch (in(value)) {
            case String found when !found.isEmpty() -> found;
            case Number found -> found.toString();
            case null, default -> null;
        };
    }

    private static @Nullable Object element(List<?> array, String step) {
        var selector = SELECTOR.matcher(step);
        if (selector.matches()) {
            for (var element : array) {
                if (element instanceof Map<?, ?> object
                        && Objects.toString(object.get(selector.group(1))).equals(selector.group(2))) {
                    return element;
                }
            }
            return null;
        }
        if (!step.matches("0|[1-9][0-9]{0,5}")) {
            return null;
        }
        int index = Integer.parseInt(step);
        return index < array.size() ? array.get(index) : null;
    }

    @Override
    public String toString() {
        return text;
    }
}
