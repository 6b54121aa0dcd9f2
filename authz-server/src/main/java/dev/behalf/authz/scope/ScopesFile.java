package dev.behalf.authz.scope;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;

/// A file that defines scopes and resources.
record ScopesFile(List<DefinedScope> scopes, List<ResourcePattern> resources) {

    /// `scope-token` of RFC 6749 §3.3.
    private static final Pattern NAME = Pattern.compile("[\\x21\\x23-\\x5B\\x5D-\\x7E]{1,128}");

    ScopesFile {
        scopes = List.copyOf(scopes);
        resources = List.copyOf(resources);
    }

    /// @throws IllegalArgumentException when it is not what it must be, with the place
    static ScopesFile parse(String file, String yaml) {
        Object document;
        try {
            document = new Yaml(new SafeConstructor(new LoaderOptions())).load(yaml);
        } catch (YAMLException e) {
            throw new IllegalArgumentException(file + " is not YAML: " + e.getMessage(), e);
        }
        var root = map(file, document);
        known(file, root, Set.of("scopes", "resources"));
        var scopes = new ArrayList<DefinedScope>();
        map(file + ": scopes", root.getOrDefault("scopes", Map.of())).forEach((name, value) -> {
            var at = file + ": scopes." + name;
            if (!NAME.matcher(name).matches()) {
                throw new IllegalArgumentException(at + " is not the name of a scope");
            }
            var scope = map(at, value);
            known(at, scope, Set.of("title", "description"));
            scopes.add(new DefinedScope(
                    name,
                    texts(at + ".title", scope.get("title")),
                    texts(at + ".description", scope.get("description"))));
        });
        var resources = new ArrayList<ResourcePattern>();
        for (var value : list(file + ": resources", root.getOrDefault("resources", List.of()))) {
            var at = file + ": resources";
            var resource = map(at, value);
            known(at, resource, Set.of("uri", "title", "scopes"));
            var names = new LinkedHashSet<String>();
            list(at + ".scopes", resource.getOrDefault("scopes", List.of())).forEach(name -> names.add(text(at, name)));
            resources.add(new ResourcePattern(
                    text(at + ".uri", resource.get("uri")),
                    text(at + ".title", resource.getOrDefault("title", "")),
                    names));
        }
        return new ScopesFile(scopes, resources);
    }

    /// A text for each language, or one text, which is English.
    private static Map<String, String> texts(String at, @Nullable Object value) {
        if (value instanceof String english) {
            return Map.of(DefinedScope.FALLBACK, english);
        }
        var texts = new LinkedHashMap<String, String>();
        map(at, value).forEach((language, text) -> texts.put(language, text(at, text)));
        if (!texts.containsKey(DefinedScope.FALLBACK)) {
            throw new IllegalArgumentException(at + " has no text in English (en)");
        }
        return texts;
    }

    private static void known(String at, Map<String, @Nullable Object> map, Set<String> names) {
        for (var name : map.keySet()) {
            if (!names.contains(name)) {
                throw new IllegalArgumentException(at + "." + name + " is not known");
            }
        }
    }

    private static Map<String, @Nullable Object> map(String at, @Nullable Object value) {
        if (!(value instanceof Map<?, ?> map)) {
            throw new IllegalArgumentException(at + " must be a mapping");
        }
        var typed = new LinkedHashMap<String, @Nullable Object>();
        map.forEach((key, one) -> typed.put(String.valueOf(key), one));
        return typed;
    }

    private static List<?> list(String at, @Nullable Object value) {
        if (value instanceof List<?> list) {
            return list;
        }
        throw new IllegalArgumentException(at + " must be a list");
    }

    private static String text(String at, @Nullable Object value) {
        if (value instanceof String text) {
            return text;
        }
        throw new IllegalArgumentException(at + " must be a text");
    }
}
