package dev.behalf.authz.discovery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.authz.RunningAuthzServer;
import dev.behalf.kernel.json.Json;
import dev.behalf.testkit.TestPostgres;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The well-known documents, where clients look for them.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DiscoveryTest {

    private final RunningAuthzServer server = RunningAuthzServer.start();

    @AfterAll
    void stop() {
        server.close();
    }

    /// The six members of the source document, and those that its successors require.
    @ParameterizedTest
    @ValueSource(strings = {"oauth-authorization-server", "openid-configuration"})
    void theMetadataNamesWhatWorks(String name) {
        assertThat(document("/.well-known/" + name))
                .containsEntry("issuer", "http://behalf.test")
                .containsEntry("authorization_endpoint", "http://behalf.test/oauth/authorize")
                .containsEntry("token_endpoint", "http://behalf.test/oauth/token")
                .containsEntry("jwks_uri", "http://behalf.test/jwks")
                .containsEntry("registration_endpoint", "http://behalf.test/oauth/register")
                .containsEntry("revocation_endpoint", "http://behalf.test/oauth/revoke")
                .containsEntry("introspection_endpoint", "http://behalf.test/oauth/introspect")
                .containsEntry("pushed_authorization_request_endpoint", "http://behalf.test/oauth/par")
                .containsEntry("response_types_supported", List.of("code"))
                .containsEntry("code_challenge_methods_supported", List.of("S256"))
                .containsEntry("authorization_response_iss_parameter_supported", true)
                .containsEntry("client_id_metadata_document_supported", true)
                .containsEntry(
                        "grant_types_supported",
                        List.of(
                                "authorization_code",
                                "refresh_token",
                                "client_credentials",
                                "urn:ietf:params:oauth:grant-type:token-exchange"))
                .containsEntry(
                        "token_endpoint_auth_methods_supported",
                        List.of("client_secret_basic", "client_secret_post", "private_key_jwt", "none"))
                .satisfies(json -> assertThat(strings(json, "scopes_supported"))
                        .contains("read", "subscribe", "manage", "openid", "profile", "email"));
    }

    @Test
    void openIdDiscoveryHasItsOwnMembers() {
        assertThat(document("/.well-known/openid-configuration"))
                .containsEntry("userinfo_endpoint", "http://behalf.test/oauth/userinfo")
                .containsEntry("subject_types_supported", List.of("public"))
                .containsEntry("id_token_signing_alg_values_supported", List.of("RS256", "ES256", "EdDSA"))
                .containsEntry("request_uri_parameter_supported", false);
    }

    @Test
    void theSuiteDescribesItselfAsAResource() {
        assertThat(document("/.well-known/oauth-protected-resource"))
                .containsEntry("resource", "http://behalf.test")
                .containsEntry("authorization_servers", List.of("http://behalf.test"))
                .containsEntry("bearer_methods_supported", List.of("header"));
    }

    @Test
    void thePublisherIsDescribedForUcap() {
        assertThat(document("/.well-known/ucap.json"))
                .containsOnlyKeys("ucap_version", "publisher_id", "publisher_name", "ucap_server")
                .containsEntry("publisher_id", "behalf.test")
                .containsEntry("ucap_server", "http://behalf.test");
    }

    @Test
    void scriptsOfEveryOriginMayReadThem() {
        assertThat(server.get("/.well-known/oauth-authorization-server", null)
                        .headers()
                        .firstValue("Access-Control-Allow-Origin"))
                .contains("*");
        assertThat(server.get("/oauth/authorize", null).headers().firstValue("Access-Control-Allow-Origin"))
                .isEmpty();
    }

    @Test
    void anotherIssuerIsNotFound() {
        assertThat(server.get("/.well-known/oauth-authorization-server/tenant", null)
                        .statusCode())
                .isEqualTo(404);
        assertThat(server.get("/tenant/.well-known/openid-configuration", null).statusCode())
                .isEqualTo(404);
        assertThat(server.get("/.well-known/no-such", null).statusCode()).isEqualTo(404);
    }

    @Test
    void anIssuerWithAPathIsFoundAtTheRootWithThePathInTheMiddleAndInFront() {
        try (var tenant = RunningAuthzServer.start(
                TestPostgres.shared().newDatabase(), Map.of("behalf.oauth.issuer", "http://behalf.test/tenant"))) {
            for (var path : List.of(
                    "/.well-known/oauth-authorization-server",
                    "/.well-known/oauth-authorization-server/tenant",
                    "/tenant/.well-known/oauth-authorization-server",
                    "/.well-known/openid-configuration/tenant",
                    "/tenant/.well-known/openid-configuration")) {
                var reply = tenant.get(path, null);
                assertThat(reply.statusCode()).as(path).isEqualTo(200);
                assertThat(Json.readObject(reply.body()))
                        .containsEntry("issuer", "http://behalf.test/tenant")
                        .containsEntry("token_endpoint", "http://behalf.test/tenant/oauth/token");
            }
        }
    }

    private Map<String, @Nullable Object> document(String path) {
        var reply = server.get(path, null);
        assertThat(reply.statusCode()).isEqualTo(200);
        assertThat(reply.headers().firstValue("Cache-Control")).contains("public, max-age=300");
        return Json.readObject(reply.body());
    }

    private static List<String> strings(Map<String, ?> json, String name) {
        return ((List<?>) java.util.Objects.requireNonNull(json.get(name)))
                .stream().map(String::valueOf).toList();
    }
}
