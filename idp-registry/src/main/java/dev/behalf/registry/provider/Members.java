package dev.behalf.registry.provider;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// The members of a JSON object in a request, read by name with their type; what is not as it must be is an
/// [InvalidField] that names the path.
///
/// @param path of the object, such as `spec.identityProvider`; empty at the top
record Members(String path, Map<String, @Nullable Object> json) {

    private static final int MAX_ITEMS = 50;

    /// The object of that name.
    @SuppressWarnings("unchecked")
    Members object(String name) {
        return switch (json.get(name)) {
            case null -> throw new InvalidField(path(name), "is required");
            case Map<?, ?> map -> new Members(path(name), (Map<String, @Nullable Object>) map);
            default -> throw new InvalidField(path(name), "must be an object");
        };
    }

    /// The text of that name, without the white space around it.
    String text(String name, int maxLength) {
        var value = json.get(name);
        if (value == null) {
            throw new InvalidField(path(name), "is required");
        }
        return text(path(name), value, maxLength);
    }

    /// The text of that name, or the other one when it is left out.
    String text(String name, int maxLength, String otherwise) {
        return json.get(name) == null ? otherwise : text(name, maxLength);
    }

    /// The list of that name, each item once; empty when it is left out.
    List<String> texts(String name, int maxLength) {
        return switch (json.get(name)) {
            case null -> List.of();
            case List<?> list
            when list.size() > MAX_ITEMS ->
                throw new InvalidField(path(name), "must have at most " + MAX_ITEMS + " items");
            case List<?> list -> {
                var items = new LinkedHashSet<String>();
                for (int i = 0; i < list.size(); i++) {
                    items.add(text(path(name) + "[" + i + "]", list.get(i), maxLength));
                }
                yield new ArrayList<>(items);
            }
            default -> throw new InvalidField(path(name), "must be a list of strings");
        };
    }

    /// Refuses members of other names; the answer does not quote them.
    void only(Set<String> names) {
        for (var name : json.keySet()) {
            if (!names.contains(name)) {
                throw new InvalidField(
                        path, "has a member that is not known; known are " + String.join(", ", new TreeSet<>(names)));
            }
        }
    }

    String path(String name) {
        return path.isEmpty() ? name : path + "." + name;
    }

    private static String text(String path, @Nullable Object value, int maxLength) {
        if (!(value instanceof String raw)) {
            throw new InvalidField(path, "must be a string");
        }
        var text = raw.strip();
        if (text.isEmpty()) {
            throw new InvalidField(path, "must not be empty");
        }
        if (text.length() > maxLength) {
            throw new InvalidField(path, "must have at most " + maxLength + " characters");
        }
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean lone = Character.isSurrogate(c)
                    && !(Character.isHighSurrogate(c)
                            ? i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))
                            : i > 0 && Character.isHighSurrogate(text.charAt(i - 1)));
            if (lone || Character.isISOControl(c) || Character.getType(c) == Character.FORMAT) {
                throw new InvalidField(path, "holds a character that it must not");
            }
        }
        return text;
    }
}
