package dev.behalf.kernel.page;

import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.FormatStyle;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.stream.Collectors;

/// The texts of the pages in one language. In a text, `{0}` stands for what is shown there.
public final class Texts {

    private final Locale locale;
    private final Map<String, String> texts;

    private Texts(Locale locale, Map<String, String> texts) {
        this.locale = locale;
        this.texts = texts;
    }

    /// @param service whose they are, such as `authz-server`
    /// @throws IllegalStateException when the jar has no texts in that language
    public static Texts in(String service, Locale locale) {
        var file = "/" + service + "/messages/" + locale.getLanguage() + ".properties";
        try (var in = Objects.requireNonNull(Texts.class.getResourceAsStream(file), file);
                var reader = new InputStreamReader(in, StandardCharsets.UTF_8)) {
            var properties = new Properties();
            properties.load(reader);
            return new Texts(
                    locale,
                    properties.stringPropertyNames().stream()
                            .collect(Collectors.toUnmodifiableMap(key -> key, properties::getProperty)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// By key.
    public Map<String, String> all() {
        return texts;
    }

    public boolean has(String key) {
        return texts.containsKey(key);
    }

    /// For the `lang` attribute.
    public String language() {
        return locale.getLanguage();
    }

    /// @throws IllegalArgumentException when there is no such text
    public String of(String key, Object... shown) {
        var text = texts.get(key);
        if (text == null) {
            throw new IllegalArgumentException("there is no text " + key);
        }
        for (int i = 0; i < shown.length; i++) {
            text = text.replace("{" + i + "}", String.valueOf(shown[i]));
        }
        return text;
    }

    public String date(Instant instant) {
        return DateTimeFormatter.ofLocalizedDate(FormatStyle.LONG)
                .withLocale(locale)
                .format(instant.atZone(ZoneOffset.UTC));
    }

    /// Without a script nobody knows where the person is, so the zone is told.
    public String time(Instant instant) {
        return DateTimeFormatter.ofLocalizedDateTime(FormatStyle.LONG, FormatStyle.SHORT)
                        .withLocale(locale)
                        .format(instant.atZone(ZoneOffset.UTC))
                + " UTC";
    }

    /// In its largest unit that leaves no rest.
    public String duration(Duration duration) {
        long minutes = duration.toMinutes();
        if (minutes % (365 * 24 * 60) == 0) {
            return count("years", minutes / (365 * 24 * 60));
        } else if (minutes % (24 * 60) == 0) {
            return count("days", minutes / (24 * 60));
        } else if (minutes % 60 == 0) {
            return count("hours", minutes / 60);
        }
        return count("minutes", minutes);
    }

    private String count(String unit, long count) {
        return of("duration." + unit + (count == 1 ? ".one" : ""), count);
    }
}
