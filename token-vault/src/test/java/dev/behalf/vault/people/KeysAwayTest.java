package dev.behalf.vault.people;

import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.vault.crypto.FakeKeyService;
import dev.behalf.vault.crypto.transit.FakeTransit;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The key service goes away while a person is at the provider.
class KeysAwayTest {

    @Test
    void theAnswerCanBeShownAgainOnceTheKeysAreBack(@TempDir Path folder) throws IOException {
        try (var keys = new FakeTransit();
                var site = VaultSite.start(
                        folder,
                        Map.of(
                                "behalf.vault.keys.provider",
                                "transit",
                                "behalf.vault.keys.cache-entries",
                                0,
                                "behalf.vault.keys.transit.url",
                                keys.uri().toString(),
                                "behalf.vault.keys.transit.key",
                                "behalf",
                                "behalf.vault.keys.transit.token-file",
                                Files.writeString(folder.resolve("token"), FakeTransit.TOKEN)
                                        .toString()))) {
            site.signIn().next("user-1", "alice");
            var browser = new PersonsBrowser();
            var asked = browser.open(site.url() + "/connections/connect/demo");
            var atProvider = browser.post(asked, "/connections/connect/demo", Map.of(), Map.of());
            var agreed = browser.step(
                    URI.create(atProvider.headers().firstValue("Location").orElseThrow()));
            var back = agreed.headers().firstValue("Location").orElseThrow();
            var verifiers = "SELECT record FROM sealed_secret WHERE record LIKE 'connect-request/%'";

            keys.always(new FakeKeyService.Answer(503, Map.of("errors", java.util.List.of("Vault is sealed"))));
            var away = browser.open(back);
            assertThat(away.status()).isEqualTo(503);
            assertThat(away.headers().firstValue("Retry-After")).isPresent();
            assertThat(away.html()).contains("Please try again in a moment");
            assertThat(site.vault.texts(verifiers)).hasSize(1);

            keys.always(null);
            var connected = browser.open(back);
            assertThat(connected.at()).isEqualTo(URI.create(site.url() + "/connections"));
            assertThat(connected.html()).contains("octocat-there");
            assertThat(site.vault.texts(verifiers)).isEmpty();
        }
    }
}
