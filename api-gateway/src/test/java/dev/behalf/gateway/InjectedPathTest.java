package dev.behalf.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.AppenderBase;
import dev.behalf.kernel.json.Json;
import dev.behalf.testkit.Eventually;
import dev.behalf.testkit.FakeAuthzServer;
import dev.behalf.testkit.RawHttp;
import dev.behalf.testkit.RecordingUpstream;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/// A route that puts the token of the user's account into the calls that agents make.
@Timeout(120)
@SuppressWarnings("StringConcatToTextBlock") // the line ends are what the tests are about
@TestInstance(Lifecycle.PER_CLASS)
class InjectedPathTest {

    private static final String HOST = "api.example";
    private static final String KEYS = "keys.example";

    private final FakeAuthzServer authz = FakeAuthzServer.start();
    private final FakeVault vault = new FakeVault();
    private final RecordingUpstream upstream = new RecordingUpstream();
    private final TestGateway gateway = start(vault.url(), Map.of());

    private TestGateway start(String vaultUrl, Map<String, Object> more) {
        var routes = "routes:\n"
                + TestGateway.route(HOST, upstream.url(), "access: user, scopes: [read], inject: github")
                + TestGateway.route(HOST, upstream.url(), "path: /admin, access: user, scopes: [admin], inject: github")
                + TestGateway.route(
                        HOST,
                        upstream.url(),
                        "path: /repos, access: user, scopes: [read], inject: {provider: github, scopes: [repo, user]}")
                + TestGateway.route(HOST, upstream.url(), "path: /plain, access: user, scopes: [read]")
                + TestGateway.route(
                        KEYS,
                        upstream.url(),
                        "path: /v1, access: user, scopes: [read], inject: {provider: keys, header: X-Api-Key}");
        var settings = new java.util.HashMap<String, Object>(more);
        settings.put("behalf.vault.url", vaultUrl);
        settings.put("behalf.revocations.poll-every", "100ms");
        var started = TestGateway.start(routes, authz, settings);
        started.validator()
                .judge((token, _) -> token.startsWith("agent-for-")
                        ? FakeValidator.delegated(
                                token.substring("agent-for-".length()), "g-" + token, "t-" + token, "read")
                        : FakeValidator.byName(token));
        return started;
    }

    @AfterAll
    void stop() {
        gateway.close();
        upstream.close();
        vault.close();
        authz.close();
    }

    @BeforeEach
    void plain() {
        vault.clear();
        upstream.clear();
        upstream.keep(_ -> true);
        upstream.answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    }

    @Test
    void anAgentsCallCarriesTheTokenOfItsUsersAccountAndTheAgentDoesNotSeeIt() {
        var reply = gateway.get(HOST, "/x/y?secret=1", "agent-for-ann");

        assertThat(reply.status()).isEqualTo(200);
        assertThat(reply.headers() + reply.body()).doesNotContain("provider-token");
        var received = upstream.take();
        assertThat(received.requestLine()).isEqualTo("GET /x/y?secret=1 HTTP/1.1");
        assertThat(received.all("Authorization")).containsExactly("Bearer provider-token-of-sub-of-ann");
        assertThat(received.all("X-End-User-ID")).containsExactly("ann");
        assertThat(vault.questions())
                .containsExactly(Map.of(
                        "user",
                        "sub-of-ann",
                        "agent",
                        "client-1",
                        "provider",
                        "github",
                        "scopes",
                        List.of(),
                        "purpose",
                        "GET api.example/"));
        assertThat(vault.requestIds()).isEqualTo(received.all("X-Request-Id"));
        assertThat(claims(vault.authorizations().getFirst())).containsEntry("aud", "urn:behalf:token-vault");
    }

    @Test
    void theVaultIsToldWhichScopesTheRouteNeeds() {
        assertThat(gateway.get(HOST, "/repos/a", "agent-for-ann").status()).isEqualTo(200);

        assertThat(vault.questions())
                .singleElement()
                .satisfies(question -> assertThat(question)
                        .containsEntry("scopes", List.of("repo", "user"))
                        .containsEntry("purpose", "GET api.example/repos"));
    }

    @Test
    void aRouteThatInjectsNothingAsksNobody() {
        assertThat(gateway.get(HOST, "/plain", "agent-for-ann").status()).isEqualTo(200);

        assertThat(vault.questions()).isEmpty();
        assertThat(upstream.take().all("Authorization")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "X-Api-Key: evil\r\n",
                "x-api-key: evil\r\nX-API-KEY: evil\r\n",
                "X_Api_Key: evil\r\nx.api.key: evil\r\n",
                "X-Api-Key: evil\r\nConnection: X-Api-Key\r\n",
                "Connection: close, x-api-key\r\n",
                "Authorization_: evil\r\nProxy-Authorization: evil\r\n",
            })
    void whatTheClientSendsByTheNameOfTheHeaderNeverGoesOn(String headers) {
        var reply = gateway.send("GET /v1/x HTTP/1.1\r\nHost: " + KEYS + "\r\n" + headers
                + "Authorization: Bearer agent-for-ann\r\n\r\n");

        assertThat(reply.status()).isEqualTo(200);
        var received = upstream.take();
        assertThat(received.all("X-Api-Key")).containsExactly("provider-token-of-sub-of-ann");
        assertThat(received.all("Authorization")).isEmpty();
        assertThat(received.headers()).noneMatch(line -> line.contains("evil") || line.contains("agent-for-ann"));
    }

    @Test
    void theInjectedAuthorizationCannotBeTakenAwayByNamingIt() {
        var reply = gateway.send("GET / HTTP/1.1\r\nHost: " + HOST
                + "\r\nAuthorization: Bearer agent-for-ann\r\nConnection: authorization\r\n\r\n");

        assertThat(reply.status()).isEqualTo(400);
        assertThat(upstream.pending()).isZero();
    }

    @Test
    void headersOfTrailersDoNotGoOn() {
        var reply = gateway.send("POST /v1/x HTTP/1.1\r\nHost: " + KEYS
                + "\r\nAuthorization: Bearer agent-for-ann\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "2\r\nhi\r\n0\r\nX-Api-Key: evil\r\n\r\n");

        assertThat(reply.status()).isEqualTo(200);
        var received = upstream.take();
        assertThat(received.all("X-Api-Key")).containsExactly("provider-token-of-sub-of-ann");
        assertThat(received.trailers()).isEmpty();
    }

    @Test
    void eachRequestIsAskedAboutAnewSoThatWhatAUserEndsIsEnded() {
        try (var client = RawHttp.connect(gateway.port())) {
            for (int i = 0; i < 2; i++) {
                client.send(get(HOST, "/", "agent-for-ann"));
                assertThat(client.read().orElseThrow().status()).isEqualTo(200);
            }
            assertThat(vault.questions()).hasSize(2);
            vault.give(_ -> FakeVault.refused("consent_required"));
            upstream.clear();

            client.send(get(HOST, "/", "agent-for-ann"));

            assertThat(client.read().orElseThrow().status()).isEqualTo(403);
            assertThat(upstream.pending()).isZero();
        }
    }

    @Test
    void aTokenOfAnIdentityProviderNamesNoAgentAndIsRefused() {
        var reply = gateway.get(HOST, "/", "token-of-ann");

        assertThat(reply.status()).isEqualTo(403);
        assertThat(Json.readObject(reply.body())).containsEntry("type", "urn:behalf:problem:agent-required");
        assertThat(vault.questions()).isEmpty();
        assertThat(upstream.pending()).isZero();
        assertThat(gateway.get(HOST, "/plain", "token-of-ann").status()).isEqualTo(200);
    }

    @Test
    void aTokenThatLacksAScopeIsRefusedBeforeTheVaultIsAsked() {
        var reply = gateway.get(HOST, "/admin", "agent-for-ann");

        assertThat(reply.status()).isEqualTo(403);
        assertThat(reply.header("WWW-Authenticate").orElseThrow()).contains("insufficient_scope");
        assertThat(vault.questions()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"not_connected", "consent_required", "missing_scopes", "needs_reconnect"})
    void whatTheUserHasToDoFirstIsSaidAsTheVaultSaysIt(String status) {
        vault.give(_ -> FakeVault.refused(status));

        var reply = gateway.get(HOST, "/", "agent-for-ann");

        assertThat(reply.status()).isEqualTo(403);
        assertThat(reply.header("Content-Type")).hasValue("application/json");
        assertThat(reply.header("Cache-Control")).hasValue("no-store");
        assertThat(Json.readObject(reply.body()))
                .containsOnlyKeys("error", "status", "detail", "authorization_url", "provider")
                .containsEntry("error", "CONSENT_REQUIRED")
                .containsEntry("status", status)
                .containsEntry("provider", "github")
                .containsEntry("authorization_url", "http://gateway.example/connections/connect/github?agent=client-1");
        assertThat(upstream.pending()).isZero();
    }

    @Test
    void afterARefusalTheConnectionGoesOn() {
        try (var client = RawHttp.connect(gateway.port())) {
            vault.give(_ -> FakeVault.refused("not_connected"));
            client.send("POST / HTTP/1.1\r\nHost: " + HOST + "\r\nAuthorization: Bearer agent-for-ann\r\n"
                    + "Content-Length: 5\r\n\r\nhello");
            assertThat(client.read().orElseThrow().status()).isEqualTo(403);
            vault.clear();

            client.send(get(HOST, "/", "agent-for-bob"));

            assertThat(client.read().orElseThrow().status()).isEqualTo(200);
            assertThat(upstream.take().all("Authorization")).containsExactly("Bearer provider-token-of-sub-of-bob");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "503, provider_unavailable, 7, 503, 7",
        "503, anything, 7, 503, 7",
        "503, anything, 99999999, 503, 3600",
        "503, anything, soon, 503, 2",
        "500, anything, 1, 503, 2",
        "400, anything, 1, 503, 2",
        "404, anything, 1, 503, 60",
        "403, anything, 1, 503, 2",
        "302, anything, 1, 503, 2",
        "409, anything, 1, 409, ''",
    })
    void whatTheVaultCannotDoIsNoFaultOfTheAgentAndLeadsNowhere(
            int status, String word, String retryAfter, int expected, String expectedRetryAfter) {
        vault.give(_ -> new FakeVault.Answer(
                status, Map.of("Retry-After", retryAfter), Map.of("status", word, "detail", "it-says-token")));

        var reply = gateway.get(HOST, "/", "agent-for-ann");

        assertThat(reply.status()).isEqualTo(expected);
        assertThat(reply.header("Retry-After").orElse("")).isEqualTo(expectedRetryAfter);
        assertThat(reply.header("Content-Type")).hasValue("application/problem+json");
        assertThat(reply.body()).doesNotContain("it-says-token");
        assertThat(upstream.pending()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"two words", "a\r\nX-End-User-ID: root", "schlüssel", "\u0000", ""})
    void aTokenThatIsNoHeadersValueLeadsNowhere(String token) {
        vault.give(_ -> FakeVault.given(token));

        assertThat(gateway.get(HOST, "/", "agent-for-ann").status()).isEqualTo(503);
        assertThat(upstream.pending()).isZero();
    }

    @Test
    void aVaultThatTakesTheGatewaysOwnTokenNoMoreIsAskedOnceMoreWithAnother() {
        var asked = new AtomicInteger();
        vault.give(question -> asked.incrementAndGet() == 1
                ? FakeVault.problem(401, "the access token is not valid", Map.of())
                : FakeVault.given(question));

        assertThat(gateway.get(HOST, "/", "agent-for-ann").status()).isEqualTo(200);
        assertThat(vault.authorizations().stream().distinct()).hasSize(2);

        vault.give(_ -> FakeVault.problem(401, "the access token is not valid", Map.of()));
        assertThat(gateway.get(HOST, "/", "agent-for-ann").status()).isEqualTo(503);
    }

    @Test
    void whoSharesAConnectionNeverGetsAnothersToken() throws Exception {
        upstream.keep(_ -> false);
        echoAuthorization();
        vault.give(question -> {
            Thread.sleep(ThreadLocalRandom.current().nextInt(4));
            return FakeVault.given(question);
        });
        try (var clients = Executors.newVirtualThreadPerTaskExecutor()) {
            var tasks = new ArrayList<Callable<Boolean>>();
            for (int i = 0; i < 8; i++) {
                tasks.add(() -> {
                    try (var client = RawHttp.connect(gateway.port())) {
                        for (int n = 0; n < 40; n++) {
                            var user = "user" + ThreadLocalRandom.current().nextInt(12);
                            client.send(get(HOST, "/", "agent-for-" + user));
                            assertThat(client.read().orElseThrow().body())
                                    .isEqualTo("Bearer provider-token-of-sub-of-" + user);
                        }
                    }
                    return true;
                });
            }
            for (var done : clients.invokeAll(tasks)) {
                assertThat(done.get()).isTrue();
            }
        }
        assertThat(vault.questions()).hasSize(8 * 40);
    }

    @Test
    void requestsOfSeveralUsersThatComeAtOnceEachGetTheirOwn() {
        echoAuthorization();
        var users = IntStream.range(0, 12).mapToObj(i -> "piped" + i).toList();
        var all = new StringBuilder();
        users.forEach(user -> all.append(get(HOST, "/", "agent-for-" + user)));
        try (var client = RawHttp.connect(gateway.port())) {
            client.send(all.toString());

            for (var user : users) {
                assertThat(client.read().orElseThrow().body()).isEqualTo("Bearer provider-token-of-sub-of-" + user);
            }
        }
    }

    @Test
    void whileTheVaultIsAskedNothingGoesOnAndTheBodyIsNotReadWithoutBound() throws Exception {
        int chunks = 384;
        var chunk = ("10000\r\n" + "x".repeat(0x10000) + "\r\n").getBytes(StandardCharsets.US_ASCII);
        var answering = new CountDownLatch(1);
        vault.give(question -> {
            answering.await();
            return FakeVault.given(question);
        });
        var written = new AtomicLong();
        try (var client = RawHttp.connect(gateway.port())) {
            client.send("POST / HTTP/1.1\r\nHost: " + HOST + "\r\nAuthorization: Bearer agent-for-streamer\r\n"
                    + "Transfer-Encoding: chunked\r\n\r\n");
            var writer = Thread.ofVirtual().start(() -> {
                try {
                    for (int i = 0; i < chunks; i++) {
                        client.out().write(chunk);
                        written.addAndGet(chunk.length);
                    }
                    client.out().write("0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                } catch (IOException e) {
                    written.set(-1);
                }
            });
            Eventually.holds("the vault is asked", () -> !vault.questions().isEmpty());
            Eventually.holds("the client cannot write more", () -> {
                long before = written.get();
                pause(300);
                return before > 0 && before == written.get();
            });
            assertThat(written.get()).isLessThan(16L << 20);
            assertThat(upstream.pending()).isZero();

            answering.countDown();

            assertThat(client.read().orElseThrow().status()).isEqualTo(200);
            writer.join();
            var received = upstream.take();
            assertThat(received.body()).hasSize(chunks * 0x10000);
            assertThat(received.all("Authorization")).containsExactly("Bearer provider-token-of-sub-of-streamer");
        }
    }

    @Test
    void aTokenThatIsRevokedWhileTheVaultIsAskedIsNotServed() {
        var answering = new CountDownLatch(1);
        vault.give(question -> {
            answering.await();
            return FakeVault.given(question);
        });
        try (var client = RawHttp.connect(gateway.port())) {
            client.send(get(HOST, "/", "agent-for-leaver"));
            Eventually.holds("the vault is asked", () -> !vault.questions().isEmpty());
            authz.revoke("grant", "g-agent-for-leaver", Instant.now().plusSeconds(5));
            Eventually.holds(
                    "the gateway knows",
                    () -> gateway.get(HOST, "/plain", "agent-for-leaver").status() == 401);
            upstream.clear();

            answering.countDown();

            assertThat(client.read().orElseThrow().status()).isEqualTo(401);
            assertThat(upstream.pending()).isZero();
        }
    }

    @Test
    void theHandshakeOfAWebSocketCarriesTheTokenToo() {
        upstream.answer((_, in, out) -> {
            RecordingUpstream.write(
                    out, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
            RecordingUpstream.write(out, "heard " + (char) in.read());
            return false;
        });
        try (var client = RawHttp.connect(gateway.port())) {
            client.send("GET /ws HTTP/1.1\r\nHost: " + HOST + "\r\nAuthorization: Bearer agent-for-ann\r\n"
                    + "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n");

            var switched = client.read().orElseThrow();

            assertThat(switched.status()).isEqualTo(101);
            assertThat(switched.headers().toString()).doesNotContain("provider-token");
            assertThat(upstream.take().all("Authorization")).containsExactly("Bearer provider-token-of-sub-of-ann");
            client.send("x");
            assertThat(client.readSome()).isEqualTo("heard x");
        }
    }

    @Test
    void whoLeavesEndsTheQuestion() {
        var left = new AtomicBoolean();
        try (var slow = new RecordingUpstream();
                var asking = start(slow.url(), Map.of("behalf.vault.answer-within", "10m"))) {
            slow.answer((_, in, _) -> {
                left.set(in.read() < 0);
                return false;
            });
            try (var client = RawHttp.connect(asking.port())) {
                client.send(get(HOST, "/", "agent-for-ann"));
                assertThat(slow.take().requestLine()).isEqualTo("POST /internal/injections HTTP/1.1");
                assertThat(left).isFalse();
            }
            Eventually.holds("the question is taken back", left::get);
            assertThat(upstream.pending()).isZero();
        }
    }

    @Test
    void aVaultThatHangsOrIsAwayIs503() {
        var never = new CountDownLatch(1);
        vault.give(question -> {
            never.await();
            return FakeVault.given(question);
        });
        try (var impatient = start(vault.url(), Map.of("behalf.vault.answer-within", "200ms"));
                var alone = start("http://127.0.0.1:1", Map.of())) {
            for (var one : List.of(impatient, alone)) {
                var reply = one.get(HOST, "/", "agent-for-ann");

                assertThat(reply.status()).isEqualTo(503);
                assertThat(reply.header("Retry-After")).isPresent();
            }
            assertThat(alone.get(HOST, "/plain", "agent-for-ann").status()).isEqualTo(200);
        } finally {
            never.countDown();
        }
    }

    @Test
    void noTokenIsInTheLogOrAMetric() {
        var log = new Log();
        var root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        var ours = (Logger) LoggerFactory.getLogger("dev.behalf");
        log.setContext(root.getLoggerContext());
        log.start();
        root.addAppender(log);
        ours.setLevel(Level.TRACE);
        try {
            assertThat(gateway.get(HOST, "/", "agent-for-ann").status()).isEqualTo(200);
            vault.give(_ -> FakeVault.given("provider-token that fits nowhere"));
            assertThat(gateway.get(HOST, "/", "agent-for-ann").status()).isEqualTo(503);
            upstream.answer((_, _, _) -> false);
            vault.clear();
            assertThat(gateway.get(HOST, "/", "agent-for-ann").status()).isEqualTo(502);
        } finally {
            root.detachAppender(log);
            ours.setLevel(null);
        }
        assertThat(log.lines).isNotEmpty().noneMatch(line -> line.contains("provider-token"));
        var metrics = gateway.bean(MeterRegistry.class).getMeters();
        assertThat(metrics)
                .anyMatch(meter -> meter.getId().getName().equals("behalf.gateway.injections"))
                .noneMatch(meter -> meter.getId().toString().contains("provider-token"));
    }

    private static final class Log extends AppenderBase<ILoggingEvent> {
        private final Queue<String> lines = new ConcurrentLinkedQueue<>();

        @Override
        protected void append(ILoggingEvent event) {
            lines.add(event.getFormattedMessage()
                    + (event.getThrowableProxy() == null
                            ? ""
                            : ThrowableProxyUtil.asString(event.getThrowableProxy())));
        }
    }

    private void echoAuthorization() {
        upstream.answer((request, _, out) -> {
            var body = String.join("|", request.all("Authorization"));
            RecordingUpstream.write(out, "HTTP/1.1 200 OK\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);
            return true;
        });
    }

    private static String get(String host, String path, String token) {
        return "GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\nAuthorization: Bearer " + token + "\r\n\r\n";
    }

    private static Map<String, @Nullable Object> claims(String authorization) {
        return Json.readObject(Base64.getUrlDecoder().decode(authorization.split("\\.")[1]));
    }

    private static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
