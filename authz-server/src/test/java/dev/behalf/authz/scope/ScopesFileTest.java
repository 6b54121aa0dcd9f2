package dev.behalf.authz.scope;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ScopesFileTest {

    @Test
    void aScopeIsSaidInThePersonsLanguageOrElseInEnglish() {
        var scope = ScopesFile.parse("file", """
                        scopes:
                          tickets:open:
                            title: {en: Open tickets, de: Tickets eröffnen}
                            description: In your name.
                        """).scopes().getFirst();

        assertThat(scope.name()).isEqualTo("tickets:open");
        assertThat(scope.title(Locale.GERMAN)).isEqualTo("Tickets eröffnen");
        assertThat(scope.title(Locale.FRENCH)).isEqualTo("Open tickets");
        assertThat(scope.description(Locale.GERMAN)).isEqualTo("In your name.");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "scopes: [a] | must be a mapping",
                "scopes: {a b: {title: x, description: y}} | is not the name of a scope",
                "scopes: {a: {title: {de: x}, description: y}} | has no text in English",
                "scopes: {a: {title: x}} | must be a mapping",
                "scopes: {a: {title: x, description: y, icon: z}} | icon is not known",
                "scope: {} | scope is not known",
                "resources: {a: b} | must be a list",
                "resources: [{uri: 'https://a.example/#x'}] | an absolute URI without fragment",
                "resources: [{uri: 'https://a.example*'}] | an absolute URI without fragment",
                "resources: [{uri: 'a.example/'}] | an absolute URI without fragment",
                "'a: [' | is not YAML"
            })
    void whatIsWrongIsRefusedWithItsPlace(String yaml, String reason) {
        assertThatThrownBy(() -> ScopesFile.parse("file", yaml))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(reason);
    }

    @ParameterizedTest
    @ValueSource(strings = {"https://a.example/api/x", "https://a.example/api/"})
    void aPatternMatchesAllBelowIt(String uri) {
        assertThat(pattern().matches(uri)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://a.example/api",
                "https://a.example/apix/",
                "https://a.example.evil.example/api/",
                "http://a.example/api/x"
            })
    void aPatternMatchesNothingElse(String uri) {
        assertThat(pattern().matches(uri)).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "https://a.example/x, https://a.example, true",
        "https://a.example/x/y, https://a.example/x, true",
        "https://a.example, https://a.example, true",
        "https://a.example/xy, https://a.example/x, false",
        "https://a.example.evil.example/x, https://a.example, false",
        "https://a.example, https://a.example/x, false",
        "urn:a:b, urn:a, false"
    })
    void aPartIsWithinTheWhole(String part, String whole, boolean within) {
        assertThat(ResourceUri.isWithin(part, whole)).isEqualTo(within);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "relative",
                "/x",
                "https:///x",
                "https://user@a.example/",
                "https://a.example/../x",
                "https://a.example/%2e%2e/x",
                "https://a.example/#",
                "ftp://a.example/",
                "javascript:alert(1)",
                "https://a.example/\u0001"
            })
    void whatIsNoIdentifierOfAResourceIsNone(String text) {
        assertThat(ResourceUri.isGood(text)).isFalse();
    }

    private static ResourcePattern pattern() {
        return ScopesFile.parse("file", "resources: [{uri: 'https://a.example/api/*'}]")
                .resources()
                .getFirst();
    }
}
