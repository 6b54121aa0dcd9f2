package dev.behalf.vault.page;

import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.kernel.page.Languages;
import dev.behalf.kernel.page.Texts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;

/// The texts are there in every language, and no link leads away.
class TextsTest {

    static final List<Locale> LANGUAGES = Languages.ALL;

    private static final List<String> FOLDERS = List.of(
            "jte",
            "java/dev/behalf/vault/page",
            "java/dev/behalf/vault/session",
            "java/dev/behalf/vault/signin",
            "java/dev/behalf/vault/connect",
            "java/dev/behalf/vault/account",
            "java/dev/behalf/vault/leaving");

    private static final String FEATURES =
            "overview|card|status|agent|connect|key|allow|disconnect|notice|go|use|error|signed-in";
    private static final Pattern USED = Pattern.compile("\"((?:" + FEATURES + ")\\.[a-z.-]+[a-z])\"");

    /// The beginnings of keys that code ends.
    private static final Pattern BEGUN = Pattern.compile("\"((?:" + FEATURES + ")\\.(?:[a-z-]+\\.)*)\" \\+");

    @ParameterizedTest
    @FieldSource("LANGUAGES")
    void everyLanguageHasEveryText(Locale language) {
        var english = Texts.in("token-vault", Locale.ENGLISH).all();
        var texts = Texts.in("token-vault", language).all();

        assertThat(texts).containsOnlyKeys(english.keySet());
        english.forEach((key, text) -> {
            assertThat(texts.get(key)).as(key).isNotBlank();
            assertThat(places(String.valueOf(texts.get(key)))).as(key).isEqualTo(places(text));
        });
    }

    /// Of two texts the reader of the file would take the first, and the service the last.
    @ParameterizedTest
    @FieldSource("LANGUAGES")
    void noTextIsThereTwice(Locale language) throws IOException {
        var file = Path.of("src/main/resources/token-vault/messages/" + language.getLanguage() + ".properties");

        assertThat(Files.readAllLines(file).stream()
                        .filter(line -> line.contains(" = "))
                        .map(line -> line.substring(0, line.indexOf(" = "))))
                .hasSizeGreaterThan(100)
                .doesNotHaveDuplicates();
    }

    @Test
    void everyTextThatCodeAndTemplatesNameIsThere() throws IOException {
        var texts = Texts.in("token-vault", Locale.ENGLISH);
        var used = named(USED);
        assertThat(used)
                .hasSizeGreaterThan(80)
                .allSatisfy(key -> assertThat(texts.has(key)).as(key).isTrue());
        assertThat(used.stream().filter(key -> key.startsWith("notice.") || key.startsWith("error.")))
                .allSatisfy(key -> assertThat(texts.has(key + ".title")).as(key).isTrue());
        assertThat(named(BEGUN))
                .allSatisfy(begun -> assertThat(texts.all().keySet()).anyMatch(key -> key.startsWith(begun)));
        for (var status : OverviewView.Status.values()) {
            assertThat(texts.has("status." + status.word())).isTrue();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "/connections, /connections",
        "/connections/connect/demo?agent=a&scopes=b%20c, /connections/connect/demo?agent=a&scopes=b%20c",
        "//evil.example/connections, /connections",
        "https://evil.example/, /connections",
        "/connections/../oauth/authorize, /connections",
        "/connections/connect/demo/decision, /connections",
        "/connections\\@evil.example, /connections",
        "/connectionsx, /connections",
        "'', /connections",
    })
    void onlyOurOwnPagesAreComeBackTo(String asked, String page) {
        assertThat(Site.toComeBackTo(asked)).isEqualTo(page);
    }

    private static Set<String> named(Pattern pattern) throws IOException {
        var named = new TreeSet<String>();
        for (var folder : FOLDERS) {
            try (var files = Files.walk(Path.of("src/main", folder))) {
                for (var file : files.filter(Files::isRegularFile).toList()) {
                    var matcher = pattern.matcher(Files.readString(file));
                    while (matcher.find()) {
                        if (!matcher.group(1).endsWith(".jte")) {
                            named.add(matcher.group(1));
                        }
                    }
                }
            }
        }
        return named;
    }

    private static Set<String> places(String text) {
        var places = new TreeSet<String>();
        var matcher = Pattern.compile("\\{\\d}").matcher(text);
        while (matcher.find()) {
            places.add(matcher.group());
        }
        return places;
    }
}
