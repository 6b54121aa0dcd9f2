package dev.behalf.vault.provider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.behalf.testkit.TestPostgres;
import dev.behalf.vault.RunningVault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Providers that an operator sets up, through two vaults that share a database and a file.
class ProviderApiTest {

    private static final String PROVIDERS = "/api/v1/providers/";
    private static final String SECRET = "a-client-secret-that-nobody-sees";

    @TempDir
    static Path folder;

    private static RunningVault vault;
    private static RunningVault other;

    @BeforeAll
    static void start() throws IOException {
        Files.writeString(folder.resolve("google.secret"), "of-the-file\n");
        Files.writeString(folder.resolve("providers.yaml"), """
                providers:
                  google:
                    client: {id: of-the-file, secretFile: %s}
                  workspace:
                    extends: google
                    issuer: https://workspace.example.com
                    displayName: Workspace
                    client: {id: without-a-secret}
                """.formatted(folder.resolve("google.secret")));
        Map<String, Object> settings = Map.of(
                "behalf.vault.providers-file", folder.resolve("providers.yaml").toString());
        var database = TestPostgres.shared().newDatabase();
        vault = RunningVault.start(database, settings);
        other = RunningVault.start(database, settings);
    }

    @AfterAll
    static void stop() {
        other.close();
        vault.close();
    }

    private static Map<String, Object> github(String clientId, Object secret) {
        return Map.of("extends", "github", "client", Map.of("id", clientId, "secret", secret));
    }

    private static OAuthProvider found(RunningVault vault, String name) {
        return (OAuthProvider) Objects.requireNonNull(
                vault.bean(Catalogue.class).find(new ProviderId(name)).block());
    }

    private static String secret(RunningVault vault, String name) {
        return Objects.requireNonNull(
                        vault.bean(ClientSecrets.class).of(found(vault, name)).block())
                .reveal();
    }

    @Test
    void aProviderIsThereForEveryReplicaAtOnceAndItsSecretIsNeverShown() {
        var created = vault.put(PROVIDERS + "shared", github("first", SECRET));
        var replaced = other.put(PROVIDERS + "shared", github("second", SECRET + "2"));

        assertThat(created.statusCode()).as(created.body()).isEqualTo(201);
        assertThat(replaced.statusCode()).as(replaced.body()).isEqualTo(200);
        assertThat(found(vault, "shared").clientId()).isEqualTo("second");
        assertThat(secret(vault, "shared")).isEqualTo(SECRET + "2");
        assertThat(List.of(
                        created.body(),
                        replaced.body(),
                        vault.get(PROVIDERS + "shared").body(),
                        vault.get("/api/v1/providers").body(),
                        vault.get("/api/v1/audit").body(),
                        String.join(",", vault.texts("SELECT definition FROM provider"))))
                .noneMatch(text -> text.contains(SECRET))
                .anyMatch(text -> text.contains("\"hasClientSecret\":true"))
                .anyMatch(text -> text.contains("provider.changed"));

        assertThat(vault.delete(PROVIDERS + "shared").statusCode()).isEqualTo(204);
        assertThat(other.get(PROVIDERS + "shared").statusCode()).isEqualTo(404);
        assertThat(vault.texts("SELECT record FROM sealed_secret WHERE owner = 'provider/shared'"))
                .isEmpty();
    }

    @Test
    void aStoredSecretStaysUnlessItWouldGoElsewhere() {
        vault.put(PROVIDERS + "kept", github("mine", SECRET));

        var scopes = vault.put(
                PROVIDERS + "kept",
                Map.of(
                        "extends",
                        "github",
                        "client",
                        Map.of("id", "mine"),
                        "scopes",
                        Map.of("standard", List.of("repo"))));
        var elsewhere = vault.put(
                PROVIDERS + "kept",
                Map.of(
                        "extends",
                        "github",
                        "client",
                        Map.of("id", "mine"),
                        "token",
                        Map.of("url", "https://thief.example.com/token")));
        var revocation = vault.put(
                PROVIDERS + "kept",
                Map.of(
                        "extends",
                        "github",
                        "client",
                        Map.of("id", "mine"),
                        "revocation",
                        Map.of("url", "https://thief.example.com/revoke")));

        assertThat(scopes.statusCode()).as(scopes.body()).isEqualTo(200);
        assertThat(secret(vault, "kept")).isEqualTo(SECRET);
        assertThat(elsewhere.statusCode()).isEqualTo(400);
        assertThat(revocation.statusCode()).isEqualTo(400);
        assertThat(RunningVault.error(elsewhere)).contains("client.secret must be sent again");
        assertThat(found(vault, "kept").token().url()).hasHost("github.com");
    }

    @Test
    void aProviderThatNeedsASecretIsNotStoredWithoutOne() {
        var without = vault.put(PROVIDERS + "bare", Map.of("extends", "github", "client", Map.of("id", "mine")));

        assertThat(without.statusCode()).isEqualTo(400);
        assertThat(RunningVault.error(without)).isEqualTo("client.secret is required");
        assertThat(vault.get(PROVIDERS + "bare").statusCode()).isEqualTo(404);
    }

    @Test
    void badDefinitionsAreRefusedWithTheFieldAndWithoutTheSecret() {
        var bodies = List.<Map<String, ?>>of(
                Map.of(),
                Map.of("extends", "gitlab"),
                Map.of("extends", 7),
                Map.of("extends", "github", "client", SECRET),
                Map.of("extends", "github", "client", Map.of("id", "x", "secret", List.of(SECRET))),
                Map.of("extends", "github", "client", Map.of("id", "x", "secret", SECRET, "secretFile", "/etc/passwd")),
                Map.of(
                        "extends",
                        "github",
                        "client",
                        Map.of("id", "x", "secret", SECRET),
                        "token",
                        Map.of("url", "http://10.0.0.1")),
                Map.of("extends", "kaggle-token", "client", Map.of("secret", SECRET)),
                Map.of("extends", "oidc", "client", Map.of("id", "x")));

        for (var body : bodies) {
            var reply = vault.put(PROVIDERS + "bad", body);

            assertThat(reply.statusCode()).as(body + " " + reply.body()).isEqualTo(400);
            assertThat(reply.body()).doesNotContain(SECRET);
        }
        assertThat(vault.put(PROVIDERS + "Bad_Name", github("x", SECRET)).statusCode())
                .isEqualTo(400);
        assertThat(vault.texts("SELECT name FROM provider")).doesNotContain("bad");
    }

    @Test
    void providersOfTheFileAreReadyAndNotToBeChangedByTheApi() {
        assertThat(found(vault, "google").clientId()).isEqualTo("of-the-file");
        assertThat(secret(vault, "google")).isEqualTo("of-the-file");
        assertThat(vault.bean(ClientSecrets.class).of(found(vault, "workspace")).block())
                .isNull();
        assertThat(vault.put(PROVIDERS + "google", github("x", SECRET)).statusCode())
                .isEqualTo(409);
        assertThat(vault.delete(PROVIDERS + "google").statusCode()).isEqualTo(409);
        assertThat(vault.get(PROVIDERS + "google").body()).contains("\"source\":\"file\"");
    }

    @Test
    void aProviderIsFoundByItsIssuerToo() {
        vault.put(
                PROVIDERS + "corp",
                Map.of("extends", "google", "issuer", "https://corp.example.com/", "client", Map.of("id", "x")));
        var catalogue = vault.bean(Catalogue.class);

        assertThat(Objects.requireNonNull(
                                catalogue.resolve("https://corp.example.com/").block())
                        .id()
                        .name())
                .isEqualTo("corp");
        assertThat(Objects.requireNonNull(catalogue
                                .resolve("https://workspace.example.com")
                                .block())
                        .id()
                        .name())
                .isEqualTo("workspace");
        assertThat(catalogue.resolve("https://corp.example.com").block()).isNull();
        assertThat(catalogue
                        .all()
                        .map(provider -> provider.id().name())
                        .collectList()
                        .block())
                .contains("corp", "google", "workspace");
    }

    @Test
    void readingAndWritingNeedTheirScopes() {
        var reader = RunningVault.operator("vault-providers:read");
        var writer = RunningVault.operator("vault-providers:write");

        assertThat(vault.get("/api/v1/providers", reader).statusCode()).isEqualTo(200);
        assertThat(vault.get("/api/v1/providers", writer).statusCode()).isEqualTo(403);
        assertThat(vault.get("/api/v1/providers", null).statusCode()).isEqualTo(401);
        assertThat(vault.send(vault.request(PROVIDERS + "google", reader).DELETE())
                        .statusCode())
                .isEqualTo(403);
    }

    @Test
    void aFaultyFileKeepsTheVaultFromStarting() throws IOException {
        var file = folder.resolve("faulty.yaml");
        Files.writeString(file, "providers: {github: {client: {id: x, secret: " + SECRET + "}}}");

        var fault = catchThrowable(() -> RunningVault.start(Map.of("behalf.vault.providers-file", file.toString()))
                .close());

        assertThat(fault).hasStackTraceContaining("client.secret does not belong into this file");
        assertThat(String.valueOf(fault)).doesNotContain(SECRET);
    }
}
