package dev.behalf.authz.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.behalf.authz.RunningAuthzServer;
import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.secret.Sha256;
import dev.behalf.kernel.service.Service;
import dev.behalf.testkit.TestPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The clients of the operator's file.
class ClientFileTest {

    private static final String SECRET = "a-secret-of-a-client-in-a-file-0123456789";

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @Test
    void clientsAreWhoTheFileSaysHoweverItHoldsTheirSecrets() throws IOException {
        Files.writeString(folder.resolve("secret"), SECRET + "\n");
        var file = write("""
                - client_id: reports
                  client_name: Reports
                  grant_types: [client_credentials]
                  client_secret: %s
                  resources: {"https://api.example": "reports:read"}
                - client_id: by-file
                  grant_types: [client_credentials]
                  client_secret_file: secret
                  resources: {"https://api.example": [read]}
                - client_id: by-digest
                  grant_types: [client_credentials]
                  client_secret_sha256: %s
                  resources: {"urn:behalf:management": "clients:read"}
                - client_id: app
                  token_endpoint_auth_method: none
                  redirect_uris: [com.example.app:/callback]
                  id_token_signed_response_alg: EdDSA
                """.formatted(SECRET, Sha256.of(SECRET).hex()));
        try (var server = start(file)) {
            for (var id : new String[] {"reports", "by-file", "by-digest"}) {
                assertThat(server.token("grant_type=client_credentials", id, SECRET)
                                .statusCode())
                        .as(id)
                        .isEqualTo(200);
                assertThat(server.token("grant_type=client_credentials", id, SECRET + "x")
                                .statusCode())
                        .as(id)
                        .isEqualTo(401);
            }
            assertThat(server.token("grant_type=client_credentials", "app", SECRET)
                            .statusCode())
                    .isEqualTo(401);
            assertThat(Json.readObject(server.get("/api/v1/clients/app", server.internalToken())
                            .body()))
                    .containsEntry("id_token_signed_response_alg", "EdDSA");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "a: b | behalf.authz.client-file must be a YAML list of clients",
                "- x | behalf.authz.client-file holds what is no client with a client_id",
                "- {client_id: a, redirect_uris: ['https://a.example/']} | client a: a secret is needed",
                "- {client_id: a, client_secret: short, redirect_uris: ['https://a.example/']} | client a: the secret must have at least 32 characters",
                "- {client_id: a, client_secret: '0123456789012345678901234567890123', token_endpoint_auth_method: none, redirect_uris: ['https://a.example/']} | client a: a secret is needed",
                "- {client_id: a, token_endpoint_auth_method: none, redirect_uris: ['http://a.example/']} | client a: a redirect URI is http",
                "- {client_id: a b, token_endpoint_auth_method: none, redirect_uris: ['https://a.example/']} | client a b: client_id must have",
                "- {client_id: operator, token_endpoint_auth_method: none, redirect_uris: ['https://a.example/']} | client operator, which is there already",
                "- {client_id: a, client_secret_file: no-such-file, redirect_uris: ['https://a.example/']} | no-such-file",
                "- {client_id: a | behalf.authz.client-file is not YAML",
                "- {client_id: a, client_id: b} | behalf.authz.client-file is not YAML"
            })
    void aFileThatIsWrongKeepsTheServerFromStartingAndIsNotQuoted(String content, String why) {
        var file = write(content);

        assertThatThrownBy(() -> start(file)).satisfies(failure -> {
            assertThat(causes(failure)).contains(why).doesNotContain("short,", "0123456789012345678901234567890123");
            assertThat(Service.reason(failure)).isNotEmpty();
        });
    }

    private static String causes(Throwable failure) {
        var all = new StringBuilder();
        for (Throwable at = failure; at != null; at = at.getCause()) {
            all.append(at.getMessage()).append('\n');
        }
        return all.toString();
    }

    private Path write(String content) {
        try {
            return Files.writeString(folder.resolve("clients.yml"), content);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static RunningAuthzServer start(Path file) {
        return RunningAuthzServer.start(
                TestPostgres.shared().newDatabase(), Map.of("behalf.authz.client-file", file.toString()));
    }
}
