package dev.behalf.validator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.testkit.FakeAuthzServer;
import dev.behalf.testkit.FakeIdentityProvider;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// An access token of our own authorization server, judged for a resource.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DelegatedTokenTest {

    private static final String HOST = "portal.example.com";
    private static final String RESOURCE = "https://portal.example.com/agents";

    private final FakeIdentityProvider issuer = FakeIdentityProvider.start("https://issuer.example");
    private final FakeAuthzServer authz = FakeAuthzServer.shared();
    private final RunningValidator validator =
            RunningValidator.start(Map.of("behalf.revocations.poll-every", "100ms"), issuer);

    @AfterAll
    void stop() {
        validator.close();
        issuer.close();
    }

    @Test
    void itProvesAUserAndWhoActsForThem() {
        var act = Map.of("sub", "agent-1", "act", Map.of("sub", "agent-0"));

        assertThat(verdict(token(Map.of("gid", "g1", "act", act, "scope", "read manage"))))
                .containsEntry("outcome", "accepted")
                .containsEntry("userId", "alice@example.com")
                .containsEntry("issuer", FakeAuthzServer.ISSUER)
                .containsEntry("subject", "user-1")
                .containsEntry("clientId", "client-1")
                .containsEntry("scopes", List.of("manage", "read"))
                .containsEntry("act", act)
                .containsEntry("grant", "g1")
                .doesNotContainKey("provider");
    }

    @Test
    void withoutAResourceItIsNobodys() {
        assertThat(validator.verdict(token(Map.of()), HOST))
                .containsEntry("outcome", "refused")
                .containsEntry("status", 401L);
    }

    @Test
    void forAnotherResourceItIsRefused() {
        refused("the token is for another resource", Map.of("aud", "https://portal.example.com/"));
        refused("the token is for another resource", Map.of("aud", List.of(RESOURCE, "https://other.example")));
        assertThat(verdict(token(Map.of("aud", List.of(RESOURCE))))).containsEntry("outcome", "accepted");
    }

    @Test
    void onlyASignatureOfOursCounts() {
        var token = token(Map.of());
        var other = token(Map.of("jti", "another"));
        var mixed = token.substring(0, token.lastIndexOf('.')) + other.substring(other.lastIndexOf('.'));
        assertThat(verdict(mixed)).containsEntry("detail", "the signature is not valid");

        var claims = new HashMap<String, @Nullable Object>(claims(Map.of()));
        claims.put("iss", FakeAuthzServer.ISSUER);
        assertThat(verdict(issuer.token("alice@example.com", claims)))
                .containsEntry("outcome", "refused")
                .containsEntry("detail", "the token is not an access token of ours");
    }

    @Test
    void itIsGoodUntilItExpiresAndNotASecondLonger() {
        long now = validator.clock().instant().getEpochSecond();
        assertThat(verdict(token(Map.of("exp", now + 30)))).containsEntry("outcome", "accepted");
        refused("the token has expired", Map.of("exp", now));
    }

    @Test
    void aTokenWithoutAUserIsForbidden() {
        var claims = new HashMap<String, @Nullable Object>();
        claims.put("username", null);
        assertThat(verdict(token(claims)))
                .containsEntry("outcome", "refused")
                .containsEntry("status", 403L)
                .containsEntry("detail", "the token is not on behalf of a user");
    }

    @Test
    void whatIsRevokedIsRefusedSoonAndItsNeighboursAreNot() {
        var gid = UUID.randomUUID().toString();
        var jti = UUID.randomUUID().toString();
        var client = UUID.randomUUID().toString();
        var now = validator.clock().instant();
        assertThat(verdict(token(Map.of("gid", gid, "jti", jti, "client_id", client))))
                .containsEntry("outcome", "accepted");

        authz.revoke("grant", gid, now);
        awaitRevoked(Map.of("gid", gid));
        authz.revoke("token", jti, now);
        awaitRevoked(Map.of("jti", jti));
        authz.revoke("client", client, now);
        awaitRevoked(Map.of("client_id", client, "iat", now.getEpochSecond())); // those issued later stay good

        assertThat(verdict(token(Map.of("gid", jti, "jti", client, "client_id", gid))))
                .containsEntry("outcome", "accepted");
    }

    @Test
    void anExplanationNamesTheChecks() {
        var reply =
                validator.ask("/v1/explanations", Map.of("token", token(Map.of()), "host", HOST, "resource", RESOURCE));

        assertThat(String.valueOf(reply.get("steps")))
                .contains("check=audience", "check=revocation, outcome=passed", "check=user, outcome=passed");
    }

    @Test
    void aTokenOfAProviderGoesOnAsBefore() {
        var provider = Provider.of("portal", issuer);
        validator.register(provider);

        assertThat(validator.ask(
                        "/v1/verdicts",
                        Map.of(
                                "token",
                                validator.token(issuer, "bob@example.com"),
                                "host",
                                "portal.example.com",
                                "resource",
                                RESOURCE)))
                .containsEntry("outcome", "accepted")
                .containsEntry("userId", "bob@example.com")
                .containsEntry("provider", "default/portal");
    }

    @Test
    void aProxyThatNamesAResourceTakesTheTokenIfItsScopesDo() {
        var authorization = "Bearer " + token(Map.of("scope", "read"));
        var path = "/forward-auth/traefik?resource=" + RESOURCE;

        assertThat(forward(path + "&scope=read", authorization)).isEqualTo(200);
        assertThat(forward(path + "&scope=read+manage", authorization)).isEqualTo(403);
        assertThat(forward("/forward-auth/traefik?scope=read", authorization)).isEqualTo(401);
        assertThat(forward("/forward-auth/envoy?resource=" + RESOURCE, authorization))
                .isEqualTo(401);
    }

    private int forward(String path, String authorization) {
        var request = java.net.http.HttpRequest.newBuilder(
                        java.net.URI.create("http://127.0.0.1:" + validator.port() + path))
                .header("X-Forwarded-Host", HOST)
                .header("Authorization", authorization)
                .build();
        try (var http = java.net.http.HttpClient.newHttpClient()) {
            return http.send(request, java.net.http.HttpResponse.BodyHandlers.discarding())
                    .statusCode();
        } catch (java.io.IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private void awaitRevoked(Map<String, ?> claims) {
        var last = new AtomicReference<@Nullable Object>();
        RunningValidator.await(() -> "the token is refused, and not: " + last.get(), () -> {
            var verdict = verdict(token(claims));
            last.set(verdict);
            return "the token was revoked".equals(verdict.get("detail"));
        });
    }

    private void refused(String detail, Map<String, ?> changes) {
        assertThat(verdict(token(changes)))
                .containsEntry("outcome", "refused")
                .containsEntry("status", 401L)
                .containsEntry("detail", detail);
    }

    private Map<String, @Nullable Object> verdict(String token) {
        return validator.ask("/v1/verdicts", Map.of("token", token, "host", HOST, "resource", RESOURCE));
    }

    private String token(Map<String, ?> changes) {
        return authz.token(RESOURCE, "read", claims(changes));
    }

    private Map<String, @Nullable Object> claims(Map<String, ?> changes) {
        Instant now = validator.clock().instant();
        var claims = new HashMap<String, @Nullable Object>();
        claims.put("aud", RESOURCE);
        claims.put("sub", "user-1");
        claims.put("client_id", "client-1");
        claims.put("username", "alice@example.com");
        claims.put("iat", now.getEpochSecond());
        claims.put("exp", now.plus(Duration.ofMinutes(5)).getEpochSecond());
        claims.putAll(changes);
        return claims;
    }
}
