package dev.behalf.vault.document;

import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.kernel.oauth.Audience;
import dev.behalf.testkit.ApiDocument;
import dev.behalf.testkit.FakeAuthzServer;
import dev.behalf.testkit.FakeRegistrationServer;
import dev.behalf.vault.RotatingProvider;
import dev.behalf.vault.RunningVault;
import dev.behalf.vault.VaultUser;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The document that the vault serves, held against what it does.
class OpenApiTest {

    private static RunningVault vault;
    private static ApiDocument document;

    @BeforeAll
    static void start() {
        vault = RunningVault.start();
        document = ApiDocument.of(vault.get("/openapi.yaml", null).body());
    }

    @AfterAll
    static void stop() {
        vault.close();
    }

    @Test
    void whatIsServedIsDocumentedAndWhatIsDocumentedIsServed() {
        // Pages are for people, and no API
        var served = ApiDocument.routes(vault.context()).stream()
                .filter(operation -> !operation.contains(" /connections"))
                .collect(Collectors.toSet());
        assertThat(document.operations()).isEqualTo(served);
    }

    @Test
    void answersAboutKeysAreAsDocumented() {
        var keys = "/api/v1/vault/keys";
        var begun = vault.post(keys + "/rotations", Map.of());
        var location = begun.headers().firstValue("Location").orElseThrow();

        conforms("POST", keys + "/rotations", 202, begun);
        conforms("POST", keys + "/rotations", 400, vault.post(keys + "/rotations", Map.of("key", 1)));
        conforms("GET", keys + "/rotations", 200, vault.get(keys + "/rotations"));
        conforms("GET", keys + "/rotations/{id}", 200, vault.get(location));
        conforms("GET", keys + "/rotations/{id}", 404, vault.get(keys + "/rotations/1"));
        conforms("GET", keys, 200, vault.get(keys));
        conforms("GET", keys, 401, vault.get(keys, null));
        conforms("DELETE", keys + "/{id}", 404, vault.delete(keys + "/local:1"));
    }

    @Test
    void answersAboutUsersAreAsDocumented() {
        var path = "/api/v1/vault/users/{user}";

        conforms("DELETE", path, 200, vault.delete("/api/v1/vault/users/nobody"));
        conforms("DELETE", path, 400, vault.delete("/api/v1/vault/users/" + "x".repeat(501)));
    }

    @Test
    void answersAboutTheAuditLogAreAsDocumented() {
        vault.post("/api/v1/vault/keys/rotations", Map.of());

        conforms("GET", "/api/v1/audit", 200, vault.get("/api/v1/audit?limit=1"));
        conforms("GET", "/api/v1/audit", 400, vault.get("/api/v1/audit?limit=0"));
        conforms("GET", "/api/v1/audit/verification", 200, vault.get("/api/v1/audit/verification"));
        conforms(
                "GET",
                "/api/v1/audit/verification",
                403,
                vault.get("/api/v1/audit/verification", RunningVault.operator("x")));
    }

    @Test
    void answersAboutProvidersAreAsDocumented() {
        var one = "/api/v1/providers/{name}";
        var github = Map.of("client", Map.of("id", "Iv1", "secret", "s3cret"));

        conforms("PUT", one, 201, vault.put("/api/v1/providers/github", github));
        conforms("PUT", one, 200, vault.put("/api/v1/providers/github", github));
        conforms("PUT", one, 400, vault.put("/api/v1/providers/github", Map.of()));
        conforms("GET", "/api/v1/providers", 200, vault.get("/api/v1/providers"));
        conforms("GET", one, 200, vault.get("/api/v1/providers/github"));
        conforms("DELETE", one, 204, vault.delete("/api/v1/providers/github"));
        conforms("DELETE", one, 404, vault.delete("/api/v1/providers/github"));
        conforms("GET", one, 404, vault.get("/api/v1/providers/github"));
    }

    @Test
    void answersAboutAProviderThatIsBeingRemovedAreAsDocumented(@TempDir Path folder) throws IOException {
        var one = "/api/v1/providers/{name}";
        var path = "/api/v1/providers/removed";
        var user = new VaultUser();
        try (var provider = RotatingProvider.start();
                var connected = RunningVault.start(provider.settings(folder))) {
            assertThat(connected.put(path, provider.definition()).statusCode()).isEqualTo(201);
            var asked = Map.of("provider", "removed", "redirect_uri", RotatingProvider.REDIRECT);
            var begun = connected.post("/api/v1/connections/authorizations", asked, user.own());
            var url = URI.create(String.valueOf(RunningVault.json(begun).get("authorization_url")));
            assertThat(user.complete(connected, provider.approve(url, "octocat"))
                            .statusCode())
                    .isEqualTo(201);
            provider.failRevocations(true);

            conforms("DELETE", one, 202, connected.delete(path));
            conforms("GET", one, 200, connected.get(path));
            conforms("GET", "/api/v1/providers", 200, connected.get("/api/v1/providers"));
            conforms("PUT", one, 409, connected.put(path, provider.definition()));
        }
    }

    @Test
    void answersAboutRegistrationsAreAsDocumented() {
        var one = "/api/v1/providers/{name}/registration";
        var path = "/api/v1/providers/as/registration";
        try (var server = new FakeRegistrationServer(FakeRegistrationServer.Form.ROOT);
                var registered = RunningVault.start(Map.of(
                        "behalf.outbound.allow",
                        server.host(),
                        "behalf.vault.connect.redirect-uris",
                        RotatingProvider.REDIRECT))) {
            conforms("GET", one, 404, registered.get(path));
            var added = registered.put("/api/v1/providers/as", Map.of("discover", Map.of("issuer", server.issuer())));
            conforms("PUT", "/api/v1/providers/{name}", 201, added);
            conforms("GET", one, 200, registered.get(path));
            conforms("GET", one, 200, registered.get(path + "?at=server"));
            conforms("GET", one, 400, registered.get(path + "?at=home"));
            conforms("PUT", one, 200, registered.put(path, Map.of("client_name", "Renamed")));
            conforms("PUT", one, 400, registered.put(path, Map.of("client_id", "x")));
            conforms("POST", one, 201, registered.post(path, Map.of()));
            conforms("DELETE", one, 200, registered.delete(path));
            conforms("PUT", one, 409, registered.put(path, Map.of("client_name", "Renamed")));
            conforms("GET", one, 200, registered.get(path));
        }
    }

    @Test
    void answersAboutConnectionsAreAsDocumented(@TempDir Path folder) throws IOException {
        var all = "/api/v1/connections";
        var user = new VaultUser();
        try (var provider = RotatingProvider.start();
                var connected = RunningVault.start(provider.settings(folder))) {
            var asked = Map.of("provider", "demo", "redirect_uri", RotatingProvider.REDIRECT);
            conforms("POST", all + "/authorizations", 201, connected.post(all + "/authorizations", asked, user.own()));
            conforms(
                    "POST",
                    all + "/authorizations",
                    400,
                    connected.post(all + "/authorizations", Map.of(), user.own()));
            var done = user.complete(connected, provider.approve(user.begin(connected), "octocat"));
            conforms("POST", all + "/authorizations/answers", 201, done);
            conforms(
                    "POST", all + "/authorizations/answers", 400, user.complete(connected, Map.of("state", "unknown")));
            conforms(
                    "POST",
                    all + "/keys",
                    201,
                    connected.post(all + "/keys", Map.of("provider", "keys", "key", "a-key"), user.own()));
            conforms("GET", all + "/{provider}/token", 403, user.ask(connected, ""));
            user.allow(connected, String.valueOf(RunningVault.json(done).get("id")));
            conforms("GET", all + "/{provider}/token", 200, user.ask(connected, ""));
            conforms("GET", all + "/{provider}/token", 403, user.ask(connected, "?scopes=more"));
            conforms("GET", all + "/{provider}/token", 400, user.ask(connected, "?scope=more"));
            injectionsAreAsDocumented(connected, user);
            conforms("GET", all, 200, connected.get(all, user.own()));
            var identity = "/api/v1/identity/oauth";
            conforms("POST", identity + "/token", 403, connected.post(identity + "/token", Map.of(), user.own()));
            var unknown = Map.of("provider", "demo", "access_token", "unknown");
            conforms("POST", identity + "/userinfo", 400, connected.post(identity + "/userinfo", unknown, user.own()));
            conforms("POST", identity + "/revoke", 200, connected.post(identity + "/revoke", unknown, user.own()));
            conforms("GET", all, 401, connected.get(all, null));
        }
    }

    private static void injectionsAreAsDocumented(RunningVault connected, VaultUser user) {
        var path = "/internal/injections";
        var gateway = "Bearer "
                + FakeAuthzServer.shared()
                        .token(
                                Audience.TOKEN_VAULT,
                                "connections:inject",
                                Map.of("sub", "api-gateway", "client_id", "api-gateway"));
        var question = new HashMap<String, Object>(
                Map.of("user", user.name(), "agent", VaultUser.AGENT, "provider", "demo", "purpose", "GET a.example/"));
        conforms("POST", path, 200, connected.post(path, question, gateway));
        question.put("agent", "another-agent");
        conforms("POST", path, 403, connected.post(path, question, gateway));
        conforms("POST", path, 403, connected.post(path, question));
        question.put("provider", "no-such");
        conforms("POST", path, 404, connected.post(path, question, gateway));
        conforms("POST", path, 400, connected.post(path, Map.of(), gateway));
    }

    private static void conforms(String method, String path, int status, HttpResponse<String> response) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        assertThat(document.faults(method, path, response))
                .as(method + " " + path + " " + response.statusCode() + " " + response.body())
                .isEmpty();
    }
}
