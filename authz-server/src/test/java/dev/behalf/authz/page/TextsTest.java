package dev.behalf.authz.page;

import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.kernel.page.Languages;
import dev.behalf.kernel.page.Texts;
import io.micronaut.http.HttpMethod;
import io.micronaut.http.simple.SimpleHttpRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;

/// The texts are there in every language, and the right one is chosen.
class TextsTest {

    static final java.util.List<Locale> LANGUAGES = Languages.ALL;
    private static final Pattern USED = Pattern.compile(
            "\"((?:sign-in|sign-out|password|notice|account|consent|agents|error|duration)\\.[a-z.-]+[a-z])\"");

    @ParameterizedTest
    @FieldSource("LANGUAGES")
    void everyLanguageHasEveryText(Locale language) {
        var english = Texts.in("authz-server", Locale.ENGLISH).all();
        var texts = Texts.in("authz-server", language).all();

        assertThat(texts).hasSameSizeAs(english).containsOnlyKeys(english.keySet());
        english.forEach((key, text) -> {
            assertThat(texts.get(key)).as(key).isNotBlank();
            assertThat(places(String.valueOf(texts.get(key)))).as(key).isEqualTo(places(text));
        });
    }

    /// Of two texts the reader of the file would take the first, and the service the last.
    @ParameterizedTest
    @FieldSource("LANGUAGES")
    void noTextIsThereTwice(Locale language) throws IOException {
        var file = Path.of("src/main/resources/authz-server/messages/" + language.getLanguage() + ".properties");

        assertThat(Files.readAllLines(file).stream()
                        .filter(line -> line.contains(" = "))
                        .map(line -> line.substring(0, line.indexOf(" = "))))
                .hasSizeGreaterThan(50)
                .doesNotHaveDuplicates();
    }

    @Test
    void everyTextThatCodeAndTemplatesNameIsThere() throws IOException {
        var texts = Texts.in("authz-server", Locale.ENGLISH);
        var used = new TreeSet<String>();
        for (var folder : java.util.List.of("src/main/jte", "src/main/java/dev/behalf/authz")) {
            try (var files = Files.walk(Path.of(folder))) {
                for (var file : files.filter(Files::isRegularFile).toList()) {
                    var matcher = USED.matcher(Files.readString(file));
                    while (matcher.find()) {
                        if (!matcher.group(1).endsWith(".jte")) {
                            used.add(matcher.group(1));
                        }
                    }
                }
            }
        }

        assertThat(used)
                .hasSizeGreaterThan(50)
                .allSatisfy(key -> assertThat(texts.has(key)).as(key).isTrue());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                " | | en",
                " | de-AT,en;q=0.5 | de",
                " | ja,fr;q=0.5 | fr",
                " | en;q=0.1,es;q=0.9 | es",
                " | de;q=0 | en",
                "fr-CA de | de | fr",
                "xx es | de | es",
                "\u0000 | de | de",
                " | !!;q=x | en",
            })
    void theLanguageIsTheOneAskedFor(@Nullable String locales, @Nullable String accept, String language) {
        var request = new SimpleHttpRequest<>(HttpMethod.GET, "/", null);
        if (locales != null) {
            request.getParameters().add("ui_locales", locales);
        }
        if (accept != null) {
            request.header("Accept-Language", accept);
        }

        assertThat(new Languages("authz-server").of(request).getLanguage()).isEqualTo(language);
    }

    @Test
    void timesAndDurationsAreInTheLanguage() {
        var noon = Instant.parse("2030-01-02T12:00:00Z");

        assertThat(Texts.in("authz-server", Locale.ENGLISH).date(noon)).isEqualTo("January 2, 2030");
        assertThat(Texts.in("authz-server", Locale.GERMAN).date(noon)).isEqualTo("2. Januar 2030");
        assertThat(Texts.in("authz-server", Locale.GERMAN).time(noon))
                .contains("12:00")
                .endsWith("UTC");
        assertThat(Texts.in("authz-server", Locale.FRENCH).duration(Duration.ofDays(30)))
                .isEqualTo("30 jours");
        assertThat(Texts.in("authz-server", Locale.ENGLISH).duration(Duration.ofHours(1)))
                .isEqualTo("1 hour");
        assertThat(Texts.in("authz-server", Locale.ENGLISH).duration(Duration.ofMinutes(90)))
                .isEqualTo("90 minutes");
        assertThat(Texts.in("authz-server", Locale.ENGLISH).duration(Duration.ofDays(365)))
                .isEqualTo("1 year");
    }

    private static java.util.Set<String> places(String text) {
        var places = new TreeSet<String>();
        var matcher = Pattern.compile("\\{\\d}").matcher(text);
        while (matcher.find()) {
            places.add(matcher.group());
        }
        return places;
    }
}
