package dev.behalf.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.behalf.kernel.json.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/// The clients that people have, with the calls as they are documented, against the public port.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(org.junit.jupiter.api.MethodOrderer.OrderAnnotation.class)
final class DocumentedClientsTest {

    private static final String GOOGLE = """
            {"name":"google-oidc","namespace":"default","spec":{"host":"portal.agents.example.com",\
            "identityProvider":{"issuer":"https://accounts.google.com",\
            "jwksUri":"https://www.googleapis.com/oauth2/v3/certs","audiences":["my-app.example.com"]},\
            "userIDClaim":"email","allowedDomains":["example.com"]}}""";

    private static final String NOT_FOUND = "identity provider \"google-oidc\" not found";

    private RunningStack stack;
    private String apiKey;

    @BeforeAll
    void start(@TempDir Path folder) {
        stack = RunningStack.up(folder.resolve("data"), "--no-demo");
        var created =
                stack.manage(stack.operatorToken(), "POST", "/auth/api-keys", Map.of("name", "documented clients"));
        assertThat(created.status()).as(created.body()).isEqualTo(201);
        apiKey = String.valueOf(Json.readObject(created.body()).get("token"));
    }

    @AfterAll
    void stop() {
        stack.close();
    }

    @Test
    @Order(1)
    void curl_creates_google() {
        assertThat(curl("-X", "POST", url(), "-H", "Content-Type: application/json", "-d", """
                {
                "name": "google-oidc",
                "spec": {
                "host": "portal.agents.example.com",
                "identityProvider": {
                "issuer": "https://accounts.google.com",
                "jwksUri": "https://www.googleapis.com/oauth2/v3/certs",
                "audiences": ["my-app.example.com"]
                },
                "userIDClaim": "email",
                "allowedDomains": ["example.com"]
                }
                }"""))
                .isEqualTo(GOOGLE + " 201");
    }

    @Test
    @Order(2)
    void python_creates_it_again() {
        var python = run(List.of("python3", "-c", """
                import requests, sys
                resp = requests.post(
                    sys.argv[1],
                    headers={"Authorization": f"Bearer {sys.argv[2]}"},
                    json={
                        "name": "google-oidc",
                        "spec": {
                            "host": "portal.agents.example.com",
                            "identityProvider": {
                                "issuer": "https://accounts.google.com",
                                "jwksUri": "https://www.googleapis.com/oauth2/v3/certs",
                                "audiences": ["my-app.example.com"],
                            },
                            "userIDClaim": "email",
                            "allowedDomains": ["example.com"],
                        },
                    },
                )
                print(resp.text, resp.status_code)""", url(), apiKey));
        assumeTrue(!python.contains("No module named 'requests'"), "the module requests of Python is not installed");
        assertThat(python).isEqualTo(GOOGLE + " 201");
    }

    @Test
    @Order(3)
    void curl_creates_auth0_and_okta() {
        assertThat(curl("-X", "POST", url(), "-H", "Content-Type: application/json", "-d", """
                {
                "name": "auth0-prod",
                "spec": {
                "host": "app.example.com",
                "identityProvider": {
                "issuer": "https://example.us.auth0.com/",
                "jwksUri": "https://example.us.auth0.com/.well-known/jwks.json",
                "audiences": ["https://api.example.com"]
                },
                "userIDClaim": "sub",
                "allowedDomains": ["example.com"]
                }
                }"""))
                .isEqualTo("""
                {"name":"auth0-prod","namespace":"default","spec":{"host":"app.example.com",\
                "identityProvider":{"issuer":"https://example.us.auth0.com/",\
                "jwksUri":"https://example.us.auth0.com/.well-known/jwks.json",\
                "audiences":["https://api.example.com"]},\
                "userIDClaim":"sub","allowedDomains":["example.com"]}} 201""");
        assertThat(curl("-X", "POST", url(), "-H", "Content-Type: application/json", "-d", """
                {
                "name": "okta-corp",
                "spec": {
                "host": "internal.example.com",
                "identityProvider": {
                "issuer": "https://example.okta.com/oauth2/default",
                "jwksUri": "https://example.okta.com/oauth2/default/v1/keys",
                "audiences": ["api://default"]
                },
                "userIDClaim": "email"
                }
                }"""))
                .isEqualTo("""
                {"name":"okta-corp","namespace":"default","spec":{"host":"internal.example.com",\
                "identityProvider":{"issuer":"https://example.okta.com/oauth2/default",\
                "jwksUri":"https://example.okta.com/oauth2/default/v1/keys","audiences":["api://default"]},\
                "userIDClaim":"email"}} 201""");
        for (var name : List.of("auth0-prod", "okta-corp")) {
            assertThat(curl("-X", "DELETE", url() + "/" + name)).isEqualTo("{\"status\":\"deleted\"} 200");
        }
    }

    @Test
    @Order(4)
    void curl_lists_and_shows_with_both_key_headers_on_all_paths() {
        var v1 = stack.url() + "/api/v1/identity-providers";
        var workspace = stack.url() + "/api/v1/workspaces/default/identity-providers";
        for (var base : List.of(url(), v1, workspace)) {
            assertThat(curl(base)).isEqualTo("[" + GOOGLE + "] 200");
            assertThat(curl(base + "/google-oidc")).isEqualTo(GOOGLE + " 200");
            assertThat(run(List.of(
                            "curl",
                            "-s",
                            "-w",
                            " %{http_code}",
                            base + "/google-oidc",
                            "-H",
                            "X-RunAgents-API-Key: " + apiKey)))
                    .isEqualTo(GOOGLE + " 200");
        }
    }

    @Test
    @Order(5)
    void curl_deletes_it_and_finds_it_no_more() {
        assertThat(curl("-X", "DELETE", url() + "/google-oidc")).isEqualTo("{\"status\":\"deleted\"} 200");
        for (var again : List.of(curl("-X", "DELETE", url() + "/google-oidc"), curl(url() + "/google-oidc"))) {
            assertThat(again).endsWith(" 404");
            assertThat(Json.readObject(again.substring(0, again.length() - 4)).get("error"))
                    .isEqualTo(NOT_FOUND);
        }
    }

    @Test
    @Order(6)
    void without_a_key_or_with_a_wrong_one_nothing_is_answered() {
        assertThat(run(List.of("curl", "-s", "-w", " %{http_code}", url()))).endsWith(" 401");
        assertThat(run(List.of("curl", "-s", "-w", " %{http_code}", url(), "-H", "Authorization: Bearer ra_live_no")))
                .endsWith(" 401");
    }

    private String url() {
        return stack.url() + "/api/identity-providers";
    }

    private String curl(String... arguments) {
        var command = new java.util.ArrayList<>(
                List.of("curl", "-s", "-w", " %{http_code}", "-H", "Authorization: Bearer " + apiKey));
        command.addAll(Arrays.asList(arguments));
        return run(command);
    }

    /// What the program printed; the test is skipped where it is not installed.
    private static String run(List<String> command) {
        try {
            var process = new ProcessBuilder(command).redirectErrorStream(true).start();
            var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            process.waitFor();
            return output.strip();
        } catch (IOException e) {
            assumeTrue(false, command.getFirst() + " is not installed");
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
