package dev.behalf.kernel.oauth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OAuthSettingsTest {

    private static final String GOOD = "http://authz-server:8101";

    @ParameterizedTest
    @ValueSource(strings = {"http://localhost:8080", "https://behalf.example.com", "https://example.com/behalf"})
    void aPlainUrlIsTaken(String url) {
        assertThat(settings(url, GOOD).issuer()).isEqualTo(url);
        assertThat(settings(GOOD, url).server()).hasToString(url);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://behalf.example.com/",
                "https://behalf.example.com/a/",
                "https://behalf.example.com?a=b",
                "https://behalf.example.com#a",
                "https://user:secret@behalf.example.com",
                "ftp://behalf.example.com",
                "behalf.example.com",
                "urn:behalf:authz-server",
                "https://"
            })
    void aUrlToWhichNoPathCanBeAppendedIsRefusedByName(String url) {
        if (!url.equals("https://")) { // which is no URI object
            assertThatThrownBy(() -> settings(GOOD, url)).hasMessageStartingWith("behalf.oauth.server must be an http");
        }
        assertThatThrownBy(() -> settings(url, GOOD))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageNotContaining("secret");
    }

    @Test
    void theSecretIsNeverPrinted() {
        var settings = new OAuthSettings(GOOD, URI.create(GOOD), null, "a-client-secret", "idp-registry");

        assertThat(settings.toString()).contains("client=idp-registry").doesNotContain("a-client-secret");
        assertThat(settings.secret()).hasToString("[redacted]");
    }

    private static OAuthSettings settings(String issuer, String server) {
        return new OAuthSettings(issuer, URI.create(server), null, null, "kernel-test");
    }
}
