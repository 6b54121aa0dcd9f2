package dev.behalf.vault;

import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.embedded.Ports;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// The vault started alone.
class StartTest {

    @Test
    void aVaultThatHasStartedIsHealthyOnItsManagementPortAndClosedToStrangers() throws Exception {
        var management = Ports.free();
        try (var vault = RunningVault.start(Map.of("endpoints.all.port", management));
                var http = HttpClient.newHttpClient()) {
            var health = http.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + management + "/health"))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());

            assertThat(health.statusCode()).isEqualTo(200);
            assertThat(health.body()).contains("\"database\"").contains("UP");
            assertThat(vault.get("/health", null).statusCode()).isEqualTo(404);
        }
    }
}
