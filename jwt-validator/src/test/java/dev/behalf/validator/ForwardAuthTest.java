package dev.behalf.validator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.kernel.json.Json;
import dev.behalf.testkit.FakeIdentityProvider;
import dev.behalf.testkit.RawHttp;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What nginx, Traefik, Caddy and Envoy are answered, on the wire.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ForwardAuthTest {

    private static final String HOST = "portal.example.com";
    private static final String OTHER = "other.example.com";

    private final FakeIdentityProvider issuer = FakeIdentityProvider.start("https://issuer.example");
    private final FakeIdentityProvider away = FakeIdentityProvider.start("https://away.example");
    private final RunningValidator validator = RunningValidator.start(issuer, away);

    @BeforeAll
    void register() {
        away.serve((exchange, _) -> exchange.sendResponseHeaders(500, -1));
        validator.register(
                Provider.of("portal", issuer).host(HOST).domains("example.com"),
                Provider.of("claim", issuer).host("claim.example.com").claim("https://x.example/\"user\\\u00e9\""),
                Provider.of("away", away));
        RunningValidator.await(
                "the keys are read", () -> validator.keys("portal").containsKey("checkedAt"));
    }

    @AfterAll
    void stop() {
        validator.close();
        issuer.close();
        away.close();
    }

    /// Each proxy with the path it asks and the header in which it says the host.
    static Stream<Arguments> proxies() {
        return Stream.of(
                Arguments.of("/forward-auth/nginx", "X-Original-Host"),
                Arguments.of("/forward-auth/traefik", "X-Forwarded-Host"),
                Arguments.of("/forward-auth/caddy", "X-Forwarded-Host"),
                Arguments.of("/forward-auth/envoy/agents/1?x=%2F", "Host"));
    }

    @ParameterizedTest
    @MethodSource("proxies")
    void aGoodTokenPassesAsItsUser(String path, String hostHeader) {
        var reply = ask("GET", path, hostHeader + ": " + HOST, bearer("ann@example.com"));

        assertThat(reply.status()).isEqualTo(200);
        assertThat(reply.all("X-End-User-ID")).containsExactly("ann@example.com");
        assertThat(reply.all("Cache-Control")).containsExactly("no-store");
        assertThat(reply.all("WWW-Authenticate")).isEmpty();
        assertThat(reply.body()).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("proxies")
    void noTokenIs401WithAPlainChallenge(String path, String hostHeader) {
        var reply = ask("GET", path, hostHeader + ": " + HOST);

        refused(reply, 401);
        assertThat(reply.all("WWW-Authenticate")).containsExactly("Bearer");
    }

    @ParameterizedTest
    @MethodSource("proxies")
    void aTokenThatProvesNothingIs401WithItsFault(String path, String hostHeader) {
        var expired = validator.token(issuer, "ann@example.com", Map.of("exp", 1L));
        var reply = ask("GET", path, hostHeader + ": " + HOST, "Authorization: Bearer " + expired);

        refused(reply, 401);
        assertThat(reply.all("WWW-Authenticate"))
                .containsExactly("Bearer error=\"invalid_token\", error_description=\"the token has expired\"");
    }

    @ParameterizedTest
    @MethodSource("proxies")
    void aUserWhoIsNotAllowedIs403WithoutAChallenge(String path, String hostHeader) {
        var reply = ask("GET", path, hostHeader + ": " + HOST, bearer("ann@evil.com"));

        refused(reply, 403);
        assertThat(reply.all("WWW-Authenticate")).isEmpty();
        assertThat(Json.readObject(reply.body())).containsEntry("error", "email domain is not allowed");
    }

    @ParameterizedTest
    @MethodSource("proxies")
    void keysThatCannotBeHadAre503(String path, String hostHeader) {
        var reply = ask(
                "GET",
                path,
                hostHeader + ": away.example.com",
                "Authorization: Bearer " + validator.token(away, "ann@example.com"));

        refused(reply, 503);
        assertThat(Integer.parseInt(reply.header("Retry-After").orElseThrow())).isBetween(1, 60);
    }

    @ParameterizedTest
    @MethodSource("proxies")
    void whateverElseTheRequestSaysChangesNothing(String path, String hostHeader) {
        var reply = ask(
                "GET",
                path,
                hostHeader + ": " + HOST,
                bearer("ann@example.com"),
                "X-End-User-ID: root",
                "x_end_user_id: root",
                "Accept: text/html",
                "Accept-Encoding: br",
                "Content-Type: text/x-unheard-of",
                "Cookie: session=1",
                "X-HTTP-Method-Override: DELETE",
                "X-Original-URL: /admin",
                "Forwarded: host=" + OTHER);

        assertThat(reply.status()).isEqualTo(200);
        assertThat(reply.all("X-End-User-ID")).containsExactly("ann@example.com");
        assertThat(reply.all("x_end_user_id")).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("proxies")
    void refusalsDoNotDependOnWhatTheClientAccepts(String path, String hostHeader) {
        var reply = ask("GET", path, hostHeader + ": " + HOST, "Accept: text/html, image/png");

        refused(reply, 401);
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
    void envoyMayKeepTheClientsMethod(String method) {
        var path = "/forward-auth/envoy/agents/1";
        var good = ask(method, path, "Host: " + HOST, bearer("ann@example.com"), "Content-Length: 0");

        assertThat(good.status()).isEqualTo(200);
        assertThat(good.all("X-End-User-ID")).containsExactly("ann@example.com");
        refused(ask(method, path, "Host: " + HOST, "Content-Length: 0"), 401);
    }

    @ParameterizedTest
    @MethodSource("proxies")
    void headIsAnsweredLikeGet(String path, String hostHeader) {
        try (var connection = RawHttp.connect(validator.port())) {
            connection.send(request("HEAD", path, hostHeader + ": " + HOST, bearer("ann@example.com")));
            var reply = connection.read(false).orElseThrow();

            assertThat(reply.status()).isEqualTo(200);
            assertThat(reply.all("X-End-User-ID")).containsExactly("ann@example.com");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TRACE", "CONNECT", "BREW", "PROPFIND"})
    void aMethodThatIsNotKnownIsRefused(String method) {
        for (var path : new String[] {"/forward-auth/nginx", "/forward-auth/envoy/x"}) {
            var reply = ask(method, path, "X-Original-Host: " + HOST, "Host: " + HOST, bearer("ann@example.com"));
            assertThat(reply.status()).isBetween(400, 499);
        }
    }

    @ParameterizedTest
    @MethodSource("proxies")
    void theHostIsTakenFromTheProxysHeaderAlone(String path, String hostHeader) {
        for (var spoofed : new String[] {"X-Original-Host", "X-Forwarded-Host", "Host", "X-Host", "Forwarded"}) {
            if (spoofed.equals(hostHeader)) {
                continue;
            }
            var reply = ask("GET", path, hostHeader + ": " + OTHER, spoofed + ": " + HOST, bearer("ann@example.com"));
            refused(reply, 401);
            assertThat(reply.body()).contains("no identity provider is registered for this host");

            reply = ask("GET", path, hostHeader + ": " + HOST, spoofed + ": " + OTHER, bearer("ann@example.com"));
            assertThat(reply.status()).as(spoofed).isEqualTo(200);
        }
    }

    @ParameterizedTest
    @MethodSource("proxies")
    void aProxyThatDoesNotSayTheHostIs400(String path, String hostHeader) {
        if (hostHeader.equals("Host")) {
            var bare = RawHttp.exchange(
                            validator.port(),
                            "GET " + path + " HTTP/1.1\r\n" + bearer("ann@example.com")
                                    + "\r\nConnection: close\r\n\r\n")
                    .orElseThrow();
            assertThat(bare.status()).isEqualTo(400);
            return;
        }
        refused(ask("GET", path, "Host: " + HOST, bearer("ann@example.com")), 400);
    }

    @ParameterizedTest
    @MethodSource("proxies")
    void aHostThatIsNoneOrNotOneIs400(String path, String hostHeader) {
        for (var host : new String[] {
            "",
            " ",
            ".",
            "a..b",
            "a b",
            HOST + "," + OTHER,
            HOST + ", " + OTHER,
            "http://" + HOST,
            HOST + "/x",
            HOST + ":",
            HOST + ":port",
            HOST + ":123456",
            "user@" + HOST,
            "*." + HOST,
            HOST + "\0",
            HOST + "%2e",
            "b\u00fccher.example",
            "[::1",
            "a".repeat(300),
            HOST + "#"
        }) {
            var reply = ask("GET", path, hostHeader + ": " + host, bearer("ann@example.com"));
            assertThat(reply.status()).as(host).isEqualTo(400);
            assertThat(reply.all("X-End-User-ID")).doesNotContain("ann@example.com");
        }
        var twice = ask("GET", path, hostHeader + ": " + HOST, hostHeader + ": " + HOST, bearer("ann@example.com"));
        assertThat(twice.status()).isEqualTo(400);
    }

    @ParameterizedTest
    @MethodSource("proxies")
    void caseAndPortAndFinalDotOfTheHostDoNotMatter(String path, String hostHeader) {
        for (var host :
                new String[] {HOST.toUpperCase(java.util.Locale.ROOT), HOST + ":8443", HOST + ".", HOST + ".:80"}) {
            assertThat(ask("GET", path, hostHeader + ": " + host, bearer("ann@example.com"))
                            .status())
                    .as(host)
                    .isEqualTo(200);
        }
    }

    @ParameterizedTest
    @MethodSource("proxies")
    void twoTokensAreOneTooMany(String path, String hostHeader) {
        refused(ask("GET", path, hostHeader + ": " + HOST, bearer("ann@example.com"), bearer("ann@example.com")), 400);
        refused(
                ask("GET", path, hostHeader + ": " + HOST, bearer("ann@example.com"), "authorization: Basic YTpi"),
                400);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Basic YTpi", "Bearer", "Bearer ", "Bearertoken", "Token abc", "bearer\tabc", "DPoP abc"})
    void whatIsNoBearerTokenIs401(String authorization) {
        refused(ask("GET", "/forward-auth/nginx", "X-Original-Host: " + HOST, "Authorization: " + authorization), 401);
    }

    @Test
    void theSchemeIsComparedWithoutCase() {
        var token = validator.token(issuer, "ann@example.com");

        assertThat(ask("GET", "/forward-auth/nginx", "X-Original-Host: " + HOST, "Authorization: bEARER   " + token)
                        .status())
                .isEqualTo(200);
    }

    /// RFC 6750, section 3: no quotation mark, no backslash, nothing that is not ASCII.
    @Test
    void theDescriptionOfAFaultKeepsToItsCharacters() {
        var reply = ask("GET", "/forward-auth/nginx", "X-Original-Host: claim.example.com", bearer("ann@example.com"));

        refused(reply, 401);
        assertThat(reply.header("WWW-Authenticate").orElseThrow())
                .isEqualTo("Bearer error=\"invalid_token\", error_description=\"userIDClaim "
                        + "'https://x.example/'user??'' missing\"");
    }

    /// The client chooses what follows the prefix; it must never lead to another endpoint, whose 200 would open the
    /// door.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "/",
                "//",
                "//openapi.yaml",
                "/../../openapi.yaml",
                "/../openapi.yaml",
                "/%2e%2e/%2e%2e/openapi.yaml",
                "/..%2f..%2fopenapi.yaml",
                "/..;/..;/openapi.yaml",
                "/..\\..\\openapi.yaml",
                "/./../../openapi.yaml",
                "/x/../../../openapi.yaml",
                "/%00",
                "/%",
                "/%zz",
                "/?",
                "/?a=%zz&b",
                "/#fragment",
                "/;jsessionid=1",
                "/*",
                "/{path}",
                "/a//b///c",
                "/\u00e9",
            })
    void thePathBehindEnvoysPrefixLeadsNowhereElse(String path) {
        var without = ask("GET", "/forward-auth/envoy" + path, "Host: " + HOST);
        assertThat(without.status()).as("without a token").isBetween(400, 499);

        var with = ask("GET", "/forward-auth/envoy" + path, "Host: " + HOST, bearer("ann@example.com"));
        assertThat(with.status()).isLessThan(500);
        if (with.status() == 200) {
            assertThat(with.all("X-End-User-ID")).containsExactly("ann@example.com");
            assertThat(with.body()).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/forward-auth",
                "/forward-auth/",
                "/forward-auth/haproxy",
                "/forward-auth/nginx/x",
                "/forward-auth/NGINX",
                "/forward-auth/nginx%2f"
            })
    void aProxyThatIsNotKnownIs404(String path) {
        assertThat(ask("GET", path, "X-Original-Host: " + HOST, bearer("ann@example.com"))
                        .status())
                .isEqualTo(404);
    }

    private static void refused(RawHttp.Response reply, int status) {
        assertThat(reply.status()).as(reply.toString()).isEqualTo(status);
        assertThat(reply.all("X-End-User-ID")).containsExactly("");
        assertThat(reply.all("Content-Type")).containsExactly("application/problem+json");
        assertThat(reply.all("Cache-Control")).containsExactly("no-store");
        assertThat(Json.readObject(reply.body()))
                .containsEntry("status", (long) status)
                .containsKey("error");
    }

    private String bearer(String email) {
        return "Authorization: Bearer " + validator.token(issuer, email);
    }

    private RawHttp.Response ask(String method, String path, String... headers) {
        return RawHttp.exchange(validator.port(), request(method, path, headers))
                .orElseThrow();
    }

    private static String request(String method, String path, String... headers) {
        var request = new StringBuilder(method + " " + path + " HTTP/1.1\r\n");
        if (Stream.of(headers).noneMatch(line -> line.startsWith("Host:"))) {
            request.append("Host: jwt-validator:8103\r\n");
        }
        for (var line : headers) {
            request.append(line).append("\r\n");
        }
        return request.append("Connection: close\r\n\r\n").toString();
    }
}
