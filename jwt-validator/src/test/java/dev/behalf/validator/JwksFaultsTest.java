package dev.behalf.validator;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JWSAlgorithm;
import dev.behalf.kernel.json.Json;
import dev.behalf.testkit.FakeIdentityProvider;
import dev.behalf.testkit.FakeIdentityProvider.Serving;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/// An issuer whose key set is away, slow, huge, elsewhere, nonsense, empty or changing, as the verdicts show it.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class JwksFaultsTest {

    private static final String NAME = "idp";
    private static final String HOST = NAME + ".example.com";
    private static final CountDownLatch END = new CountDownLatch(1);

    private final FakeIdentityProvider steady = FakeIdentityProvider.start("https://steady.example");
    private FakeIdentityProvider issuer = FakeIdentityProvider.start("https://issuer.example");
    private final FakeIdentityProvider[] issuers = IntStream.range(0, 45)
            .mapToObj(_ -> FakeIdentityProvider.start("https://issuer.example"))
            .toArray(FakeIdentityProvider[]::new);
    private int next;

    @org.jspecify.annotations.Nullable
    private RunningValidator running;

    @BeforeAll
    void start() {
        var settings = new HashMap<String, Object>();
        settings.put("behalf.validator.jwks.check-every", "50ms");
        settings.put("behalf.validator.jwks.deadline", "1s");
        settings.put("behalf.validator.jwks.max-backoff", "100ms");
        settings.put("behalf.validator.jwks.unknown-key-every", "24h");
        settings.put(
                "behalf.outbound.allow",
                Stream.concat(Stream.of(steady), Stream.of(issuers))
                        .map(FakeIdentityProvider::hostAndPort)
                        .toList());
        running = RunningValidator.start(settings);
        running.register(Provider.of("steady", steady));
    }

    @AfterAll
    void stop() {
        END.countDown();
        validator().close();
        steady.close();
        issuer.close();
        Stream.of(issuers).forEach(FakeIdentityProvider::close);
    }

    /// Each test has an issuer of its own.
    @BeforeEach
    void another() {
        issuer.close();
        issuer = issuers[next++];
    }

    @AfterEach
    void theOthersWereNeverHindered() {
        assertThat(outcome(steady, "steady.example.com")).isEqualTo("accepted");
        validator().delete(NAME);
    }

    static Stream<Arguments> faults() {
        return Stream.of(
                fault("the connection broke", (exchange, _) -> exchange.close()),
                fault("no answer within 1000 ms", (_, _) -> END.await()),
                fault("no answer within 1000 ms", (exchange, jwks) -> {
                    exchange.sendResponseHeaders(200, 0);
                    for (byte b : jwks.getBytes(StandardCharsets.UTF_8)) {
                        exchange.getResponseBody().write(b);
                        exchange.getResponseBody().flush();
                        if (END.await(100, java.util.concurrent.TimeUnit.MILLISECONDS)) {
                            return;
                        }
                    }
                }),
                fault("the response is larger than 524288 bytes", (exchange, _) -> {
                    exchange.sendResponseHeaders(200, 0);
                    var blanks = " ".repeat(64 * 1024).getBytes(StandardCharsets.UTF_8);
                    for (int i = 0; i < 10_000; i++) {
                        exchange.getResponseBody().write(blanks);
                    }
                }),
                fault("the connection broke", (exchange, jwks) -> {
                    exchange.sendResponseHeaders(200, jwks.length() + 1000L);
                    exchange.getResponseBody().write(jwks.getBytes(StandardCharsets.UTF_8));
                    exchange.getResponseBody().flush();
                    exchange.close();
                }),
                fault("the key set was answered with status 500", status(500)),
                fault("the key set was answered with status 404", status(404)),
                fault("the key set was answered with status 204", status(204)),
                fault("the key set is not a JSON object", body("<html>the login page</html>")),
                fault("the key set is not a JSON object", body("")),
                fault("the key set is not a JSON object", body("[".repeat(100_000))),
                fault("the key set is not a JSON object", body("{\"keys\":[],\"keys\":[]}")),
                fault("the key set has no list of keys", body("{}")),
                fault("the key set has no list of keys", body("{\"keys\":\"none\"}")),
                fault("the key set has more than 100 keys", body("{\"keys\":[" + "{},".repeat(100) + "{}]}")),
                fault(
                        "the key set has no usable key: of the last one, its type is not accepted",
                        body("{\"keys\":[{}]}")));
    }

    /// The last good keys serve, the operator is told, and after the stated age nothing is judged until all is well.
    @ParameterizedTest(name = "{index} {0}")
    @MethodSource("faults")
    void aFaultKeepsTheLastGoodKeysForAnHourAndThenClosesTheDoor(String error, Serving serving) {
        register();
        assertThat(outcome(issuer, HOST)).isEqualTo("accepted");

        issuer.serve(serving);
        validator().clock().forward(Duration.ofMinutes(2));
        awaitKeys("lastError", error);

        assertThat(validator().keys(NAME)).containsEntry("reachable", false).containsEntry("keyCount", 1L);
        assertThat(outcome(issuer, HOST)).isEqualTo("accepted");
        assertThat(validator().verdict(forged(), HOST)).containsEntry("outcome", "refused");

        validator().clock().forward(Duration.ofHours(1));
        var verdict = validator().verdict(validator().token(issuer, "ann@example.com"), HOST);
        assertThat(verdict)
                .containsEntry("outcome", "unavailable")
                .containsEntry("detail", "the issuer's keys cannot be read: " + error);
        assertThat((Long) verdict.get("retryAfter")).isBetween(1L, 60L);

        issuer.serveProperly();
        RunningValidator.await("accepted again", () -> outcome(issuer, HOST).equals("accepted"));
    }

    @Test
    void anIssuerThatWasNeverReachedIsUnavailableUntilItIs() {
        issuer.serve((exchange, _) -> exchange.close());
        register();

        assertThat(outcome(issuer, HOST)).isEqualTo("unavailable");
        assertThat(validator().keys(NAME))
                .containsEntry("reachable", false)
                .containsEntry("keyCount", 0L)
                .doesNotContainKey("checkedAt");

        issuer.serveProperly();
        RunningValidator.await("accepted", () -> outcome(issuer, HOST).equals("accepted"));
        assertThat(validator().keys(NAME)).containsEntry("reachable", true).doesNotContainKey("lastError");
    }

    @ParameterizedTest
    @CsvSource({"301", "302", "303", "307", "308"})
    void aRedirectIsNotFollowed(int status) {
        var target = FakeIdentityProvider.start("https://target.example");
        issuer.serve((exchange, _) -> {
            exchange.getResponseHeaders().set("Location", target.jwksUri());
            exchange.sendResponseHeaders(status, -1);
        });
        register();
        awaitKeys("lastError", "the key set was answered with status " + status);

        assertThat(outcome(issuer, HOST)).isEqualTo("unavailable");
        assertThat(target.fetches()).isZero();
        target.close();
    }

    /// Forbidden by the policy for outgoing calls: the port listens, and is not called.
    @ParameterizedTest
    @CsvSource({
        "http://127.0.0.1:PORT/jwks.json,           the URL must be an https URL",
        "https://127.0.0.1:PORT/jwks.json,          the URL must not lead to a loopback or private address",
        "https://localhost:PORT/jwks.json,          the URL must not lead to a loopback or private address",
        "https://[::1]:PORT/jwks.json,              the URL must not lead to a loopback or private address",
        "https://[::ffff:127.0.0.1]:PORT/jwks.json, the URL must not lead to a loopback or private address",
        "https://2130706433:PORT/jwks.json,         the URL must not lead to a loopback or private address",
        "https://10.0.0.1/jwks.json,                the URL must not lead to a loopback or private address",
        "https://169.254.169.254/latest/meta-data,  'the URL must not lead to a link-local, multicast or unspecified address'",
        "https://0.0.0.0:PORT/jwks.json,            'the URL must not lead to a link-local, multicast or unspecified address'",
        "https://user:secret@issuer.example/jwks,   the URL must not hold user information",
        "file:///etc/passwd,                        the URL must be an https URL",
    })
    void aUrlThatLeadsInsideIsNotCalled(String url, String error) {
        var inside = FakeIdentityProvider.start("https://issuer.example");
        var port = inside.hostAndPort().substring("127.0.0.1:".length());
        validator().register(Provider.of(NAME, issuer).jwksUri(url.replace("PORT", port)));
        awaitKeys("lastError", error);

        assertThat(validator().verdict(validator().token(inside, "ann@example.com"), HOST))
                .containsEntry("outcome", "unavailable");
        assertThat(inside.fetches()).isZero();
        inside.close();
    }

    @Test
    void anIssuerThatEmptiesItsKeysIsTrustedNoMore() {
        register();
        var token = validator().token(issuer, "ann@example.com");
        assertThat(validator().verdict(token, HOST)).containsEntry("outcome", "accepted");

        issuer.removeKey("rsa-1");
        validator().clock().forward(Duration.ofMinutes(1));
        awaitKeys("keyCount", 0L);

        assertThat(validator().keys(NAME)).containsEntry("reachable", true);
        assertThat(validator().verdict(token, HOST))
                .containsEntry("outcome", "refused")
                .containsEntry("detail", "the key that signed the token is not known");
    }

    @Test
    void aRotatedKeyIsFoundAtOnceAndTheWithdrawnOneForgotten() {
        register();
        var old = validator().token(issuer, "ann@example.com");
        assertThat(validator().verdict(old, HOST)).containsEntry("outcome", "accepted");

        issuer.removeKey("rsa-1");
        issuer.addKey(JWSAlgorithm.ES256, "ec-2");

        assertThat(outcome(issuer, HOST)).isEqualTo("accepted");
        assertThat(validator().verdict(old, HOST)).containsEntry("outcome", "refused");
    }

    @Test
    void aKeyReplacedUnderItsOldIdIsFoundToo() {
        register();
        var old = validator().token(issuer, "ann@example.com");
        assertThat(validator().verdict(old, HOST)).containsEntry("outcome", "accepted");

        issuer.removeKey("rsa-1");
        issuer.addKey(JWSAlgorithm.RS256, "rsa-1");

        assertThat(outcome(issuer, HOST)).isEqualTo("accepted");
        assertThat(validator().verdict(old, HOST)).containsEntry("detail", "the signature is not valid");
    }

    @Test
    void aThousandUnknownKeyIdsCauseTwoReadings() {
        register();
        assertThat(outcome(issuer, HOST)).isEqualTo("accepted");
        var key = issuer.key("rsa-1");
        int before = issuer.fetches();
        double spared = validator().counted("behalf.jwks.rereadings", "cause", "unknown-key", "outcome", "spared");

        inParallel(1000, i -> {
            var header = FakeIdentityProvider.header(key);
            header.put("kid", "random-" + i);
            var token = FakeIdentityProvider.sign(key, header, Json.text(issuer.claims("ann@example.com")));
            assertThat(validator().verdict(token, HOST))
                    .containsEntry("status", 401L)
                    .containsEntry("detail", "the key that signed the token is not known")
                    .containsEntry("cacheFor", 1L);
        });

        assertThat(issuer.fetches() - before).isBetween(1, 2);
        assertThat(validator().counted("behalf.jwks.rereadings", "cause", "unknown-key", "outcome", "spared"))
                .isGreaterThan(spared);
        assertThat(outcome(issuer, HOST)).isEqualTo("accepted");
    }

    @Test
    void aThousandWrongSignaturesCauseOneReading() {
        register();
        assertThat(outcome(issuer, HOST)).isEqualTo("accepted");
        int before = issuer.fetches();
        var forged = forged();

        inParallel(
                1000,
                _ -> assertThat(validator().verdict(forged, HOST))
                        .containsEntry("status", 401L)
                        .containsEntry("detail", "the signature is not valid")
                        .containsEntry("cacheFor", 5L));

        assertThat(issuer.fetches() - before).isEqualTo(1);
        assertThat(outcome(issuer, HOST)).isEqualTo("accepted");
    }

    @Test
    void whoeverComesBeforeTheKeysAreReadWaitsForTheOneReading() {
        var release = new CountDownLatch(1);
        issuer.serve((exchange, jwks) -> {
            release.await();
            FakeIdentityProvider.ok(exchange, jwks);
        });
        register();
        var token = validator().token(issuer, "ann@example.com");
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var verdicts = IntStream.range(0, 50)
                    .mapToObj(
                            _ -> CompletableFuture.supplyAsync(() -> validator().verdict(token, HOST), threads))
                    .toList();
            RunningValidator.await("the reading has begun", () -> issuer.fetches() > 0);
            release.countDown();
            verdicts.forEach(verdict -> assertThat(verdict.join()).containsEntry("outcome", "accepted"));
        }
        assertThat(issuer.fetches()).isEqualTo(1);
    }

    @Test
    void theStateOfAllSetsIsMeasured() {
        issuer.serve((exchange, _) -> exchange.sendResponseHeaders(500, -1));
        register();
        awaitKeys("lastError", "the key set was answered with status 500");

        assertThat(gauge("behalf.jwks.sets")).isEqualTo(2);
        assertThat(gauge("behalf.jwks.sets.failing")).isEqualTo(1);
        assertThat(gauge("behalf.jwks.sets.oldest.seconds")).isBetween(0.0, 60.0);
        assertThat(validator()
                        .context()
                        .getBean(io.micrometer.core.instrument.MeterRegistry.class)
                        .get("behalf.jwks.readings")
                        .tag("outcome", "failed")
                        .timer()
                        .count())
                .isPositive();
    }

    private double gauge(String name) {
        return validator()
                .context()
                .getBean(io.micrometer.core.instrument.MeterRegistry.class)
                .get(name)
                .gauge()
                .value();
    }

    private void register() {
        validator().register(Provider.of(NAME, issuer));
    }

    private void awaitKeys(String member, Object value) {
        RunningValidator.await(
                member + " is " + value + ", but " + validator().keys(NAME),
                () -> value.equals(validator().keys(NAME).get(member)));
    }

    private String outcome(FakeIdentityProvider by, String host) {
        return String.valueOf(validator()
                .verdict(validator().token(by, "ann@example.com"), host)
                .get("outcome"));
    }

    /// Signed by a key that the issuer never published, under the id of one that it did.
    private String forged() {
        var key = steady.key("rsa-1");
        var claims = new LinkedHashMap<String, @Nullable Object>(issuer.claims("ann@example.com"));
        long now = validator().clock().instant().getEpochSecond();
        claims.put("iat", now);
        claims.put("exp", now + 300);
        return FakeIdentityProvider.sign(key, FakeIdentityProvider.header(key), Json.text(claims));
    }

    private static void inParallel(int times, java.util.function.IntConsumer what) {
        try (var threads = Executors.newFixedThreadPool(16)) {
            var all = IntStream.range(0, times)
                    .mapToObj(i -> CompletableFuture.runAsync(() -> what.accept(i), threads))
                    .toList();
            CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).join();
        }
    }

    private RunningValidator validator() {
        return java.util.Objects.requireNonNull(running);
    }

    private static Serving status(int status) {
        return (exchange, _) -> exchange.sendResponseHeaders(status, -1);
    }

    private static Serving body(String body) {
        return (exchange, _) -> FakeIdentityProvider.ok(exchange, body);
    }

    private static Arguments fault(String error, Serving serving) {
        return Arguments.of(error, serving);
    }
}
