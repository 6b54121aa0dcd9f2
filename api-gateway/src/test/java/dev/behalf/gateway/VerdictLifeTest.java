package dev.behalf.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.testkit.Eventually;
import dev.behalf.testkit.RawHttp;
import dev.behalf.testkit.RecordingUpstream;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// How long a verdict lives: until it is old, its token expires or its provider changes; and what happens while
/// nobody can be asked.
@Timeout(90)
class VerdictLifeTest {

    private static final String HOST = "portal.example";

    private final RecordingUpstream upstream = new RecordingUpstream();
    private final CountDownLatch never = new CountDownLatch(1);

    @AfterEach
    void stop() {
        never.countDown();
        upstream.close();
    }

    @Test
    void aVerdictIsNotUsedPastTheTokensExpiry() {
        try (var gateway = start(Map.of())) {
            var expiresAt = Instant.now().getEpochSecond() + 2;
            gateway.validator()
                    .judge((_, _) -> Instant.now().getEpochSecond() < expiresAt
                            ? FakeValidator.accepted("ann@example.com", 1, expiresAt)
                            : FakeValidator.refused(401, "the token has expired"));
            assertThat(gateway.get(HOST, "/", "short").status()).isEqualTo(200);

            try (var client = RawHttp.connect(gateway.port())) {
                Eventually.holds("it is refused", () -> {
                    boolean expired = Instant.now().getEpochSecond() >= expiresAt;
                    client.send("GET / HTTP/1.1\r\nHost: " + HOST + "\r\nAuthorization: Bearer short\r\n\r\n");
                    int status = client.read().orElseThrow().status();
                    assertThat(status).isEqualTo(expired ? 401 : status);
                    return status == 401;
                });
            }
        }
    }

    @Test
    void aTokenThatIsGoodWithinTheValidatorsClockSkewOnlyIsAskedForEachTime() {
        try (var gateway = start(Map.of())) {
            var expiresAt = Instant.now().getEpochSecond() - 10;
            gateway.validator().judge((_, _) -> FakeValidator.accepted("ann@example.com", 1, expiresAt));

            for (int i = 1; i <= 3; i++) {
                assertThat(gateway.get(HOST, "/", "skewed").status()).isEqualTo(200);
                assertThat(gateway.validator().questionsAbout("skewed")).isEqualTo(i);
            }
        }
    }

    @Test
    void aVerdictIsAskedForAgainWhenItIsOld() {
        try (var gateway =
                start(Map.of("behalf.validator.fresh-for", "200ms", "behalf.validator.renew-within", "200ms"))) {
            assertThat(gateway.get(HOST, "/", "token-of-ann").status()).isEqualTo(200);
            gateway.validator().judge((_, _) -> FakeValidator.refused(401, "it was revoked"));

            Eventually.holds(
                    "it is refused",
                    () -> gateway.get(HOST, "/", "token-of-ann").status() == 401);
        }
    }

    @Test
    void aVerdictThatIsNotQuiteFreshIsUsedWhileItIsAskedForAgain() {
        try (var gateway = start(Map.of("behalf.validator.fresh-for", "1ms", "behalf.validator.renew-within", "10m"))) {
            assertThat(gateway.get(HOST, "/", "token-of-ann").status()).isEqualTo(200);
            gateway.validator().hang(never);

            for (int i = 0; i < 20; i++) {
                assertThat(gateway.get(HOST, "/", "token-of-ann").status()).isEqualTo(200);
            }
            assertThat(gateway.validator().questionsAbout("token-of-ann")).isLessThanOrEqualTo(2);
        }
    }

    @Test
    void whileTheValidatorHangsKnownUsersGoOnAndNewOnesAre503() {
        // The question's deadline is longer than any client of this test waits.
        try (var gateway = start(Map.of(
                "behalf.validator.fresh-for", "1ms",
                "behalf.validator.renew-within", "2ms",
                "behalf.validator.answer-within", "60s"))) {
            for (int i = 0; i < 5; i++) {
                assertThat(gateway.get(HOST, "/", "token-of-u" + i).status()).isEqualTo(200);
            }
            gateway.validator().hang(never);

            for (int i = 0; i < 50; i++) {
                assertThat(gateway.get(HOST, "/", "token-of-u" + i % 5).status())
                        .isEqualTo(200);
            }
        }
        try (var gateway = start(Map.of("behalf.validator.answer-within", "300ms"))) {
            gateway.validator().hang(never);
            var reply = gateway.get(HOST, "/", "token-of-new");
            assertThat(reply.status()).isEqualTo(503);
            assertThat(reply.header("Retry-After")).isPresent();
        }
    }

    @Test
    void moreQuestionsThanMayBeOpenAre503AtOnceAndKnownUsersGoOn() {
        try (var gateway = start(Map.of("behalf.validator.most-waiting", 2, "behalf.validator.answer-within", "60s"));
                var one = RawHttp.connect(gateway.port());
                var two = RawHttp.connect(gateway.port())) {
            assertThat(gateway.get(HOST, "/", "token-of-known").status()).isEqualTo(200);
            var go = new CountDownLatch(1);
            gateway.validator().judge((token, _) -> {
                if (!token.equals("-")) { // the gateway's own question goes through
                    go.await();
                }
                return FakeValidator.byName(token);
            });
            one.send("GET / HTTP/1.1\r\nHost: " + HOST + "\r\nAuthorization: Bearer token-of-one\r\n\r\n");
            two.send("GET / HTTP/1.1\r\nHost: " + HOST + "\r\nAuthorization: Bearer token-of-two\r\n\r\n");
            Eventually.holds(
                    "both wait",
                    () -> gateway.validator().questionsAbout("token-of-one") == 1
                            && gateway.validator().questionsAbout("token-of-two") == 1);

            var third = gateway.get(HOST, "/", "token-of-three");
            assertThat(third.status()).isEqualTo(503);
            assertThat(third.header("Retry-After")).isPresent();
            assertThat(gateway.get(HOST, "/", "token-of-known").status()).isEqualTo(200);

            go.countDown();
            assertThat(one.read().orElseThrow().status()).isEqualTo(200);
            assertThat(two.read().orElseThrow().status()).isEqualTo(200);
            assertThat(gateway.get(HOST, "/", "token-of-three").status()).isEqualTo(200);
        }
    }

    @Test
    void whileTheValidatorIsAwayKnownUsersGoOnAndNewOnesAre503AndThenAllAreJudgedAgain() {
        try (var gateway = start(Map.of("behalf.validator.fresh-for", "1ms", "behalf.validator.renew-within", "2ms"))) {
            assertThat(gateway.get(HOST, "/", "token-of-ann").status()).isEqualTo(200);
            gateway.validator().answerStatus(502);

            for (int i = 0; i < 20; i++) {
                assertThat(gateway.get(HOST, "/", "token-of-ann").status()).isEqualTo(200);
            }
            assertThat(gateway.get(HOST, "/", "token-of-new").status()).isEqualTo(503);

            gateway.validator().judge((_, _) -> FakeValidator.refused(401, "it was revoked"));
            Eventually.holds(
                    "it is refused",
                    () -> gateway.get(HOST, "/", "token-of-ann").status() == 401);
        }
    }

    @Test
    void aKnownUserGoesOnOnlyWithinTheBoundWhileTheValidatorIsAway() {
        try (var gateway = start(Map.of(
                "behalf.validator.fresh-for", "1ms",
                "behalf.validator.renew-within", "2ms",
                "behalf.validator.stale-for", "500ms"))) {
            assertThat(gateway.get(HOST, "/", "token-of-ann").status()).isEqualTo(200);
            gateway.validator().answerStatus(502);

            Eventually.holds(
                    "the bound is reached",
                    () -> gateway.get(HOST, "/", "token-of-ann").status() == 503);
        }
    }

    @Test
    void aProviderThatIsDeletedTakesItsVerdictsWithIt() {
        try (var gateway = start(Map.of())) {
            assertThat(gateway.get(HOST, "/", "token-of-ann").status()).isEqualTo(200);
            gateway.validator()
                    .judge((_, _) -> FakeValidator.refused(401, "no identity provider is known for this host"));
            assertThat(gateway.get(HOST, "/", "token-of-ann").status()).isEqualTo(200);

            gateway.registry().remove(2);
            Eventually.holds("the gateway knows", () -> gateway.seenRevision() == 0);

            assertThat(gateway.get(HOST, "/", "token-of-ann").status()).isEqualTo(401);
        }
    }

    @Test
    void aProviderThatIsDeletedIsEnforcedOnAConnectionThatWasOpenBefore() {
        try (var gateway = start(Map.of());
                var client = RawHttp.connect(gateway.port())) {
            var request = "GET / HTTP/1.1\r\nHost: " + HOST + "\r\nAuthorization: Bearer token-of-ann\r\n\r\n";
            client.send(request);
            assertThat(client.read().orElseThrow().status()).isEqualTo(200);
            gateway.validator()
                    .judge((_, _) -> FakeValidator.refused(401, "no identity provider is known for this host"));

            gateway.registry().remove(2);
            Eventually.holds("the gateway knows", () -> gateway.seenRevision() == 0);

            client.send(request);
            assertThat(client.read().orElseThrow().status()).isEqualTo(401);
        }
    }

    @Test
    void whileTheValidatorIsAwayADeletedProvidersUsersAreNotLetIn() {
        try (var gateway = start(Map.of())) {
            assertThat(gateway.get(HOST, "/", "token-of-ann").status()).isEqualTo(200);
            gateway.validator().answerStatus(502);
            gateway.registry().remove(2);
            Eventually.holds("the gateway knows", () -> gateway.seenRevision() == 0);

            assertThat(gateway.get(HOST, "/", "token-of-ann").status()).isEqualTo(503);
        }
    }

    @Test
    void aVerdictOfAValidatorThatIsBehindIsAskedForAgain() {
        try (var gateway = start(Map.of())) {
            gateway.registry().put(2);
            Eventually.holds("the gateway knows", () -> gateway.seenRevision() == 2);
            var asked = new AtomicInteger();
            gateway.validator()
                    .judge((_, _) -> asked.incrementAndGet() < 4
                            ? FakeValidator.accepted("old@example.com", 1)
                            : FakeValidator.accepted("new@example.com", 2));

            assertThat(gateway.get(HOST, "/", "renamed").status()).isEqualTo(200);
            assertThat(upstream.take().all("X-End-User-ID")).containsExactly("new@example.com");
        }
    }

    @Test
    void aRefusalOfAValidatorThatIsBehindIsAskedForAgain() {
        try (var gateway = start(Map.of())) {
            gateway.registry().put(2);
            Eventually.holds("the gateway knows", () -> gateway.seenRevision() == 2);
            var old = new HashMap<>(FakeValidator.refused(403, "email domain is not allowed"));
            old.put("provider", FakeValidator.PROVIDER);
            old.put("revision", 1L);
            var asked = new AtomicInteger();
            gateway.validator()
                    .judge((_, _) -> asked.incrementAndGet() < 4 ? old : FakeValidator.accepted("ann@example.com", 2));

            assertThat(gateway.get(HOST, "/", "newly-allowed").status()).isEqualTo(200);

            old.put("revision", 2L);
            asked.set(0);
            assertThat(gateway.get(HOST, "/", "never-allowed").status()).isEqualTo(403);
        }
    }

    @Test
    void aValidatorThatStaysBehindMakesItsVerdicts503() {
        try (var gateway = start(Map.of())) {
            gateway.registry().put(2);
            Eventually.holds("the gateway knows", () -> gateway.seenRevision() == 2);
            gateway.validator().judge((_, _) -> FakeValidator.accepted("old@example.com", 1));

            assertThat(gateway.get(HOST, "/", "renamed").status()).isEqualTo(503);
            assertThat(upstream.pending()).isZero();
        }
    }

    @Test
    void aVerdictThatWasAskedForBeforeAChangeIsNotUsedAfterIt() {
        try (var gateway = start(Map.of());
                var client = RawHttp.connect(gateway.port())) {
            var go = new CountDownLatch(1);
            var asked = new AtomicInteger();
            gateway.validator().judge((_, _) -> {
                if (asked.incrementAndGet() == 1) {
                    go.await();
                    return FakeValidator.accepted("old@example.com", 1);
                }
                return FakeValidator.accepted("new@example.com", 2);
            });
            client.send("GET / HTTP/1.1\r\nHost: " + HOST + "\r\nAuthorization: Bearer raced\r\n\r\n");
            Eventually.holds("the question is there", () -> asked.get() == 1);

            gateway.registry().put(2);
            Eventually.holds("the gateway knows", () -> gateway.seenRevision() == 2);
            go.countDown();

            assertThat(client.read().orElseThrow().status()).isEqualTo(200);
            assertThat(upstream.take().all("X-End-User-ID")).containsExactly("new@example.com");
            assertThat(gateway.get(HOST, "/", "raced").status()).isEqualTo(200);
            assertThat(upstream.take().all("X-End-User-ID")).containsExactly("new@example.com");
        }
    }

    @Test
    void aRefusalIsForgottenWhenAProviderChanges() {
        try (var gateway = start(Map.of())) {
            var refusal = new HashMap<>(FakeValidator.refused(401, "no identity provider is known for this host"));
            refusal.put("cacheFor", 3600L);
            gateway.validator().judge((_, _) -> refusal);
            assertThat(gateway.get(HOST, "/", "token-of-ann").status()).isEqualTo(401);
            gateway.validator().judgeByName();
            assertThat(gateway.get(HOST, "/", "token-of-ann").status()).isEqualTo(401);

            gateway.registry().put(2);
            gateway.validator().judge((_, _) -> FakeValidator.accepted("ann@example.com", 2));
            Eventually.holds("the gateway knows", () -> gateway.seenRevision() == 2);

            assertThat(gateway.get(HOST, "/", "token-of-ann").status()).isEqualTo(200);
        }
    }

    private TestGateway start(Map<String, Object> settings) {
        return TestGateway.start("routes:\n" + TestGateway.route(HOST, upstream.url(), "access: user"), settings);
    }
}
