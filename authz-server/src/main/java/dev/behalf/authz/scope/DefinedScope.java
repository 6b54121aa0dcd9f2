package dev.behalf.authz.scope;

import java.util.Locale;
import java.util.Map;

/// A scope in people's words.
///
/// @param titles       by language, such as `en`; there is one in English
/// @param descriptions the same, a sentence each
public record DefinedScope(String name, Map<String, String> titles, Map<String, String> descriptions) {

    static final String FALLBACK = "en";

    public DefinedScope {
        titles = Map.copyOf(titles);
        descriptions = Map.copyOf(descriptions);
    }

    /// A scope of which only the name is known, as a resource published it.
    static DefinedScope named(String name) {
        return new DefinedScope(name, Map.of(FALLBACK, name), Map.of(FALLBACK, ""));
    }

    /// The title in that language, or else in English.
    public String title(Locale language) {
        return in(titles, language);
    }

    /// The description in that language, or else in English; may be empty.
    public String description(Locale language) {
        return in(descriptions, language);
    }

    private static String in(Map<String, String> texts, Locale language) {
        var text = texts.get(language.getLanguage());
        return text != null ? text : texts.getOrDefault(FALLBACK, "");
    }
}
