package dev.behalf.kernel.page;

import io.micronaut.context.annotation.Value;
import io.micronaut.http.HttpRequest;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/// The languages of the pages, and which of them a request asks for: `ui_locales` (OpenID Connect Core
/// §3.1.2.1), then `Accept-Language` (RFC 9110 §12.5.4), then English. What is malformed asks for nothing.
@Singleton
public final class Languages {

    /// Those that there are texts in.
    public static final List<Locale> ALL =
            List.of(Locale.ENGLISH, Locale.GERMAN, Locale.FRENCH, Locale.forLanguageTag("es"));

    private static final int MAX_LENGTH = 200;

    private final Map<String, Texts> texts;

    /// @param service whose texts they are
    public Languages(@Value("${behalf.service}") String service) {
        this.texts = ALL.stream()
                .collect(Collectors.toUnmodifiableMap(Locale::getLanguage, locale -> Texts.in(service, locale)));
    }

    /// The language to answer in.
    public Locale of(HttpRequest<?> request) {
        var tags = new ArrayList<String>();
        request.getParameters()
                .getFirst("ui_locales")
                .filter(tagged -> tagged.length() <= MAX_LENGTH)
                .ifPresent(tagged -> tags.addAll(List.of(tagged.split(" "))));
        tags.addAll(accepted(String.join(",", request.getHeaders().getAll("Accept-Language"))));
        for (var tag : tags) {
            var language = Locale.forLanguageTag(tag).getLanguage();
            if (texts.containsKey(language)) {
                return Locale.forLanguageTag(language);
            }
        }
        return Locale.ENGLISH;
    }

    /// The texts in one of them.
    public Texts texts(Locale locale) {
        return java.util.Objects.requireNonNull(texts.get(locale.getLanguage()));
    }

    private static List<String> accepted(String header) {
        if (header.isBlank() || header.length() > MAX_LENGTH) {
            return List.of();
        }
        try {
            return Locale.LanguageRange.parse(header).stream()
                    .filter(range -> range.getWeight() > 0)
                    .sorted(Comparator.comparingDouble(Locale.LanguageRange::getWeight)
                            .reversed())
                    .map(Locale.LanguageRange::getRange)
                    .toList();
        } catch (IllegalArgumentException e) {
            return List.of();
        }
    }
}
