package dev.behalf.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.testkit.Eventually;
import dev.behalf.testkit.RawHttp;
import dev.behalf.testkit.RecordingUpstream;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A route for users: who is let through, what the upstream sees of them, and what the others are told.
@Timeout(90)
@SuppressWarnings("StringConcatToTextBlock") // the line ends are what the tests are about
@TestInstance(Lifecycle.PER_CLASS)
class UserPathTest {

    private static final String HOST = "portal.example";

    /// RFC 6750 §3: the characters of `error_description`.
    private static final Pattern DESCRIPTION =
            Pattern.compile("error_description=\"([\\x20-\\x21\\x23-\\x5B\\x5D-\\x7E]*)\"$");

    private final RecordingUpstream upstream = new RecordingUpstream();
    private final RecordingUpstream other = new RecordingUpstream();
    private final TestGateway gateway = TestGateway.start(
            "routes:\n"
                    + TestGateway.route(HOST, upstream.url(), "access: user")
                    + TestGateway.route("other.example", other.url(), "access: user")
                    + TestGateway.route("keeps.example", upstream.url(), "access: user, strip-authorization: false"),
            Map.of());

    @AfterAll
    void stop() {
        gateway.close();
        upstream.close();
        other.close();
    }

    @BeforeEach
    void plain() {
        upstream.clear();
        other.clear();
        upstream.answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        gateway.validator().judgeByName();
    }

    @Test
    void aGoodTokenBecomesTheUserAndEndsAtTheGateway() {
        var reply = gateway.send("POST /agents?x=1 HTTP/1.1\r\nHost: " + HOST
                + "\r\nAuthorization: bearer token-of-ann\r\nContent-Length: 2\r\n\r\nhi");

        assertThat(reply.status()).isEqualTo(200);
        var received = upstream.take();
        assertThat(received.requestLine()).isEqualTo("POST /agents?x=1 HTTP/1.1");
        assertThat(received.all("X-End-User-ID")).containsExactly("ann@example.com");
        assertThat(received.names()).doesNotContain("authorization");
    }

    @Test
    void aRouteMayLetTheTokenThrough() {
        assertThat(gateway.get("keeps.example", "/", "token-of-ann").status()).isEqualTo(200);
        assertThat(upstream.take().all("Authorization")).containsExactly("Bearer token-of-ann");
    }

    @Test
    void withoutATokenTheAnswerIs401WithAChallengeThatNamesNoError() {
        var reply = gateway.send("GET / HTTP/1.1\r\nHost: " + HOST + "\r\n\r\n");

        assertThat(reply.status()).isEqualTo(401);
        assertThat(reply.all("WWW-Authenticate")).containsExactly("Bearer realm=\"http://gateway.example\"");
        assertThat(reply.header("Content-Type")).contains("application/problem+json");
        assertThat(reply.body()).contains("\"error\":\"a bearer token is required\"");
        assertThat(upstream.pending()).isZero();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Basic YTpi",
                "Bearer",
                "Bearer ",
                "Bearer a b",
                "Bearer a, Bearer b",
                "Bearertoken-of-ann",
                "token-of-ann",
                "Token token-of-ann",
                "Bearer tok\u00e9n",
            })
    void anAuthorizationThatIsNoBearerTokenIs401AndNobodyIsAsked(String authorization) {
        int before = gateway.validator().questions();

        var reply =
                gateway.send("GET / HTTP/1.1\r\nHost: " + HOST + "\r\nAuthorization: " + authorization + "\r\n\r\n");

        assertThat(reply.status()).isEqualTo(401);
        assertThat(reply.header("WWW-Authenticate")).get().asString().contains("error=\"invalid_token\"");
        assertThat(gateway.validator().questions()).isEqualTo(before);
        assertThat(upstream.pending()).isZero();
    }

    @Test
    void aTokenThatIsTooLongIs401AndNobodyIsAsked() {
        int before = gateway.validator().questions();

        assertThat(gateway.get(HOST, "/", "a".repeat(20_000)).status()).isEqualTo(401);
        assertThat(gateway.validator().questions()).isEqualTo(before);
    }

    @Test
    void twoTokensAre400() {
        assertThat(gateway.send(
                                "GET / HTTP/1.1\r\nHost: " + HOST
                                        + "\r\nAuthorization: Bearer token-of-ann\r\nauthorization: Bearer token-of-bob\r\n\r\n")
                        .status())
                .isEqualTo(400);
        assertThat(upstream.pending()).isZero();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "the token has expired",
                "userIDClaim \"e\\mail\" missing",
                "claim \u00e9\u4e2d is odd",
                "two\r\nlines\tand a tab",
                "",
            })
    void aRefusedTokenIs401WithADescriptionOfTheCharactersThatItMayHave(String detail) {
        gateway.validator().judge((_, _) -> FakeValidator.refused(401, detail));

        var reply = gateway.get(HOST, "/", "refused-" + detail.hashCode());

        assertThat(reply.status()).isEqualTo(401);
        var challenge = reply.all("WWW-Authenticate");
        assertThat(challenge).hasSize(1);
        assertThat(challenge.getFirst())
                .startsWith("Bearer realm=\"http://gateway.example\", error=\"invalid_token\", ");
        assertThat(DESCRIPTION.matcher(challenge.getFirst()).find())
                .as(challenge.getFirst())
                .isTrue();
        assertThat(upstream.pending()).isZero();
    }

    @Test
    void aGoodTokenOfAWrongUserIs403() {
        gateway.validator().judge((_, _) -> FakeValidator.refused(403, "email domain is not allowed"));

        var reply = gateway.get(HOST, "/", "wrong-domain");

        assertThat(reply.status()).isEqualTo(403);
        assertThat(reply.body()).contains("\"error\":\"email domain is not allowed\"");
        assertThat(upstream.pending()).isZero();
    }

    @Test
    void aTokenThatCannotBeJudgedNowIs503WithRetryAfter() {
        gateway.validator().judge((_, _) -> FakeValidator.unavailable("the keys were never fetched", 7));

        var reply = gateway.get(HOST, "/", "not-now");

        assertThat(reply.status()).isEqualTo(503);
        assertThat(reply.header("Retry-After")).contains("7");
        assertThat(upstream.pending()).isZero();

        gateway.validator().judge((_, _) -> FakeValidator.accepted("late@example.com", 1));
        assertThat(gateway.get(HOST, "/", "not-now").status()).isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "a b",
                "ann\r\nX-Admin: 1",
                "\u00e4nn",
                "ann\u0000",
            })
    void aUserIdThatDoesNotFitAHeaderIsNeverForwarded(String userId) {
        gateway.validator().judge((_, _) -> FakeValidator.accepted(userId, 1));

        assertThat(gateway.get(HOST, "/", "odd-" + userId.hashCode()).status()).isEqualTo(503);
        assertThat(upstream.pending()).isZero();
    }

    @Test
    void anAnswerOfTheValidatorThatIsNoneIs503() {
        gateway.validator().judge((_, _) -> Map.of("outcome", "perhaps"));
        assertThat(gateway.get(HOST, "/", "perhaps").status()).isEqualTo(503);

        gateway.validator().judge((_, _) -> Map.of());
        assertThat(gateway.get(HOST, "/", "nothing").status()).isEqualTo(503);

        gateway.validator().answerStatus(500);
        assertThat(gateway.get(HOST, "/", "failed").status()).isEqualTo(503);
        assertThat(upstream.pending()).isZero();
    }

    @Test
    void theValidatorIsAskedOnceForManyRequests() {
        for (int i = 0; i < 10; i++) {
            try (var client = RawHttp.connect(gateway.port())) {
                for (int j = 0; j < 10; j++) {
                    client.send(request("/", "token-of-once", ""));
                    assertThat(client.read().orElseThrow().status()).isEqualTo(200);
                }
            }
        }
        assertThat(gateway.validator().questionsAbout("token-of-once")).isEqualTo(1);
    }

    @Test
    void aVerdictIsForOneHostOnly() {
        assertThat(gateway.get(HOST, "/", "token-of-two").status()).isEqualTo(200);
        assertThat(gateway.get("other.example", "/", "token-of-two").status()).isEqualTo(200);

        assertThat(gateway.validator().questionsAbout("token-of-two")).isEqualTo(2);
    }

    @Test
    void aConnectionDoesNotTakeTheVerdictOfOneHostToAnother() {
        gateway.validator()
                .judge((_, host) -> host.equals(HOST)
                        ? FakeValidator.accepted("ann@example.com", 1)
                        : FakeValidator.refused(401, "the issuer is not trusted for this host"));
        try (var client = RawHttp.connect(gateway.port())) {
            client.send(request("/", "hops", ""));
            assertThat(client.read().orElseThrow().status()).isEqualTo(200);
            client.send("GET / HTTP/1.1\r\nHost: other.example\r\nAuthorization: Bearer hops\r\n\r\n");
            assertThat(client.read().orElseThrow().status()).isEqualTo(401);
        }
        assertThat(other.pending()).isZero();
    }

    @Test
    void concurrentFirstRequestsShareOneQuestion() throws InterruptedException {
        var go = new CountDownLatch(1);
        gateway.validator().hang(go);
        var clients = new ArrayList<RawHttp>();
        try {
            for (int i = 0; i < 30; i++) {
                var client = RawHttp.connect(gateway.port());
                clients.add(client);
                client.send(request("/" + i, "token-of-crowd", ""));
            }
            Eventually.holds("all are there", () -> gateway.gauge("behalf.gateway.connections") >= 30);
            Eventually.holds("the question is there", () -> gateway.validator().questionsAbout("token-of-crowd") > 0);
            go.countDown();
            for (var client : clients) {
                assertThat(client.read().orElseThrow().status()).isEqualTo(200);
            }
        } finally {
            clients.forEach(RawHttp::close);
        }
        assertThat(gateway.validator().questionsAbout("token-of-crowd")).isEqualTo(1);
    }

    @Test
    void aClientThatLeavesWhileItsTokenIsJudgedHarmsNobody() {
        var go = new CountDownLatch(1);
        gateway.validator().hang(go);
        try (var stays = RawHttp.connect(gateway.port())) {
            try (var leaves = RawHttp.connect(gateway.port())) {
                leaves.send(request("/leaves", "token-of-leaver", ""));
                Eventually.holds(
                        "the question is there", () -> gateway.validator().questionsAbout("token-of-leaver") > 0);
            }
            stays.send(request("/stays", "token-of-leaver", ""));
            go.countDown();
            assertThat(stays.read().orElseThrow().status()).isEqualTo(200);
        }
        assertThat(upstream.take().requestLine()).contains("/stays");
        assertThat(upstream.pending()).isZero();
    }

    @Test
    void whatIsPipelinedBehindAQuestionKeepsItsOrder() {
        upstream.answer((request, _, out) -> {
            var user = request.all("X-End-User-ID").toString();
            RecordingUpstream.write(out, "HTTP/1.1 200 OK\r\nContent-Length: " + user.length() + "\r\n\r\n" + user);
            return true;
        });
        try (var client = RawHttp.connect(gateway.port())) {
            client.send(
                    request("/1", "token-of-p1", "") + request("/2", "nobody", "") + request("/3", "token-of-p3", ""));

            assertThat(client.read().orElseThrow().body()).isEqualTo("[p1@example.com]");
            assertThat(client.read().orElseThrow().status()).isEqualTo(401);
            assertThat(client.read().orElseThrow().body()).isEqualTo("[p3@example.com]");
        }
    }

    @Test
    void eachOfTwoThousandRequestsOfFortyUsersArrivesAsItsOwnUserOnly() throws Exception {
        var forged = List.of(
                "X-End-User-ID: root\r\n",
                "x-end-user-id: root\r\nX-END-USER-ID: root2\r\n",
                "X_End_User_ID: root\r\n",
                "X-End_User-ID: root\r\n",
                "x.end.user.id: root\r\n",
                "X-End-User-ID:\r\n",
                "Txn-Token: root\r\n",
                "X-Forwarded-User: root\r\n");
        upstream.keep(_ -> false);
        var wrong = ConcurrentHashMap.<String>newKeySet();
        var seen = ConcurrentHashMap.<String>newKeySet();
        upstream.answer((request, _, out) -> {
            var user = request.requestLine().split("[/? ]")[2];
            var expected = List.of(user + "@example.com");
            if (!request.all("X-End-User-ID").equals(expected)
                    || request.headers().stream()
                            .anyMatch(line -> line.toLowerCase(Locale.ROOT).contains("root"))
                    || !request.trailers().isEmpty()
                    || request.names().contains("authorization")) {
                wrong.add(request.requestLine() + request.headers());
            }
            seen.add(request.requestLine());
            RecordingUpstream.write(out, "HTTP/1.1 200 OK\r\nContent-Length: " + user.length() + "\r\n\r\n" + user);
            return true;
        });
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var done = new ArrayList<java.util.concurrent.Future<Integer>>();
            for (int c = 0; c < 20; c++) {
                int connection = c;
                done.add(threads.submit(() -> {
                    var random = new Random(connection);
                    int good = 0;
                    try (var client = RawHttp.connect(gateway.port())) {
                        for (int i = 0; i < 100; i++) {
                            var user = "u" + random.nextInt(40);
                            var extra = forged.get(random.nextInt(forged.size()));
                            var path = "/" + user + "/" + connection + "-" + i;
                            client.send(
                                    i % 3 == 0
                                            ? post(path, "token-of-" + user, extra)
                                            : request(path, "token-of-" + user, extra));
                            if (client.read().orElseThrow().body().equals(user)) {
                                good++;
                            }
                        }
                    }
                    return good;
                }));
            }
            for (var one : done) {
                assertThat(one.get()).isEqualTo(100);
            }
        } finally {
            upstream.keep(_ -> true);
        }
        assertThat(wrong).isEmpty();
        assertThat(seen).hasSize(2_000);
        Set<Integer> questions = new HashSet<>();
        for (int u = 0; u < 40; u++) {
            questions.add(gateway.validator().questionsAbout("token-of-u" + u));
        }
        assertThat(questions).containsExactly(1);
    }

    private static String request(String path, String token, String headers) {
        return "GET " + path + " HTTP/1.1\r\nHost: " + HOST + "\r\n" + headers + "Authorization: Bearer " + token
                + "\r\n\r\n";
    }

    /// With the identity forged in the trailers, too.
    private static String post(String path, String token, String headers) {
        return "POST " + path + " HTTP/1.1\r\nHost: " + HOST + "\r\n" + headers + "Authorization: Bearer " + token
                + "\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-End-User-ID: root\r\n\r\n";
    }
}
