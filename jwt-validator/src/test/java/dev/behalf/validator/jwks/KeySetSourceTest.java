package dev.behalf.validator.jwks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.JWSAlgorithm;
import dev.behalf.kernel.jose.KeySet;
import dev.behalf.kernel.outbound.HttpCaller;
import dev.behalf.kernel.outbound.OutboundPolicy;
import dev.behalf.testkit.FakeIdentityProvider;
import dev.behalf.validator.RunningValidator;
import dev.behalf.validator.TestClock;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

/// One key set over real HTTP, with a clock that only the test moves on.
class KeySetSourceTest {

    private static final JwksSettings SETTINGS = new JwksSettings(
            Duration.ofSeconds(5),
            Duration.ofSeconds(60),
            Duration.ofSeconds(10),
            Duration.ofHours(1),
            2,
            Duration.ofMinutes(10),
            Duration.ofSeconds(10),
            Duration.ofSeconds(10),
            64 * 1024);

    private final FakeIdentityProvider issuer = FakeIdentityProvider.start("https://issuer.example");
    private final TestClock clock = new TestClock();
    private final Workers workers = new Workers();
    private final KeySetSource source = new KeySetSource(
            issuer.jwksUri(),
            HttpCaller.guarded(
                    new OutboundPolicy(List.of(issuer.hostAndPort())), SETTINGS.deadline(), SETTINGS.maxBytes()),
            SETTINGS,
            clock,
            workers,
            new JwksMetrics(new SimpleMeterRegistry()));

    @AfterEach
    void stop() {
        workers.stop();
        issuer.close();
    }

    @Test
    void keysAreReadOnceWhileTheyAreFresh() {
        assertThat(now(source.keys(1)).mayHold("rsa-1")).isTrue();
        clock.forward(Duration.ofSeconds(59));
        assertThat(now(source.keys(1)).mayHold("rsa-1")).isTrue();

        assertThat(issuer.fetches()).isEqualTo(1);
    }

    /// Whoever asks for a set that is a little old gets it; only whoever keeps the sets fresh reads it.
    @Test
    void keysAreReadAheadOfNeed() {
        now(source.keys(1));
        clock.forward(Duration.ofSeconds(44));
        done(source.refresh());
        assertThat(issuer.fetches()).as("not due yet").isEqualTo(1);

        clock.forward(Duration.ofSeconds(1));
        done(source.refresh());
        assertThat(issuer.fetches()).as("old before the next look").isEqualTo(2);

        clock.forward(Duration.ofMinutes(10));
        now(source.keys(1));
        assertThat(issuer.fetches()).as("asking reads nothing").isEqualTo(2);
    }

    @Test
    void maxAgeShortensTheTimeButNotBelowTheBound() {
        issuer.serve((exchange, jwks) -> {
            exchange.getResponseHeaders().set("Cache-Control", "public, Max-Age=1, must-revalidate");
            FakeIdentityProvider.ok(exchange, jwks);
        });
        now(source.keys(1));
        clock.forward(Duration.ofSeconds(9));
        done(source.refresh());
        assertThat(issuer.fetches()).isEqualTo(1);

        clock.forward(Duration.ofSeconds(1));
        done(source.refresh());
        assertThat(issuer.fetches()).isEqualTo(2);
    }

    /// The reading that was begun before the change must neither make old keys fresh nor satisfy who waits.
    @Test
    void aReadingBegunBeforeAChangeCountsForNobody() {
        var release = new CountDownLatch(1);
        issuer.serve((exchange, old) -> {
            release.await();
            FakeIdentityProvider.ok(exchange, old);
        });
        var waiting = source.keys(1).toFuture();
        RunningValidator.await("the reading has begun", () -> issuer.fetches() == 1);

        issuer.addKey(JWSAlgorithm.ES256, "new");
        issuer.serveProperly();
        source.renewFor(2);
        release.countDown();

        assertThat(waiting.join().mayHold("new")).isTrue();
        assertThat(now(source.keys(2)).mayHold("new")).isTrue();
        assertThat(issuer.fetches()).isEqualTo(2);
    }

    @Test
    void aChangeMakesFreshKeysOldAndAnOlderOneDoesNot() {
        now(source.keys(5));
        issuer.addKey(JWSAlgorithm.ES256, "new");

        assertThat(now(source.keys(4)).mayHold("new")).isFalse();
        assertThat(now(source.keys(6)).mayHold("new")).isTrue();
        assertThat(now(source.keys(5)).mayHold("new")).isTrue();
        assertThat(issuer.fetches()).isEqualTo(2);
    }

    @Test
    void aHundredWhoAskAtOnceCauseOneReading() {
        var release = new CountDownLatch(1);
        issuer.serve((exchange, jwks) -> {
            release.await();
            FakeIdentityProvider.ok(exchange, jwks);
        });
        source.renewFor(1);
        var all = IntStream.range(0, 100)
                .mapToObj(i -> (i % 3 == 0 ? source.keysForUnknownId() : source.keys(1)).toFuture())
                .toList();
        release.countDown();
        CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).join();

        assertThat(issuer.fetches()).isEqualTo(1);
    }

    @Test
    void unknownIdsCauseTwoReadingsAndOneMoreEachTenMinutes() {
        now(source.keys(1));
        for (int i = 0; i < 50; i++) {
            now(source.keysForUnknownId());
        }
        assertThat(issuer.fetches()).isEqualTo(3);

        clock.forward(Duration.ofMinutes(10));
        for (int i = 0; i < 50; i++) {
            now(source.keysForUnknownId());
        }
        assertThat(issuer.fetches()).isEqualTo(4);
    }

    @Test
    void wrongSignaturesHaveAnAllowanceOfTheirOwn() {
        now(source.keys(1));
        for (int i = 0; i < 50; i++) {
            now(source.keysForWrongSignature());
            now(source.keysForUnknownId());
        }
        assertThat(issuer.fetches()).isEqualTo(1 + 1 + 2);
    }

    @Test
    void failuresAreSpacedOut() {
        issuer.serve((exchange, _) -> exchange.sendResponseHeaders(500, -1));
        for (int i = 0; i < 50; i++) {
            assertThatThrownBy(() -> now(source.keys(1)))
                    .isInstanceOf(KeysUnavailable.class)
                    .hasMessage("the issuer's keys cannot be read: the key set was answered with status 500");
            done(source.refresh());
        }
        assertThat(issuer.fetches()).isEqualTo(1);

        clock.forward(Duration.ofSeconds(1));
        done(source.refresh());
        assertThat(issuer.fetches()).isEqualTo(2);
        assertThat(source.isFailing()).isTrue();
    }

    /// Stale while in error, up to an age, then unavailable: never open, never without end.
    @Test
    void theLastGoodKeysServeForAnHour() {
        now(source.keys(1));
        issuer.serve((exchange, _) -> FakeIdentityProvider.ok(exchange, "{\"keys\":[{}]}"));
        clock.forward(Duration.ofMinutes(59));
        done(source.refresh());

        assertThat(now(source.keys(1)).mayHold("rsa-1")).isTrue();
        assertThat(source.state().reachable()).isFalse();
        assertThat(source.state().keyCount()).isEqualTo(1);
        assertThat(source.state().lastError()).startsWith("the key set has no usable key");

        clock.forward(Duration.ofMinutes(1));
        assertThatThrownBy(() -> now(source.keys(1))).isInstanceOf(KeysUnavailable.class);

        issuer.serveProperly();
        done(source.refresh());
        assertThat(now(source.keys(1)).mayHold("rsa-1")).isTrue();
        assertThat(source.state().lastError()).isNull();
    }

    @Test
    void anIssuerThatWithdrawsAllItsKeysIsTakenAtItsWord() {
        now(source.keys(1));
        issuer.removeKey("rsa-1");
        clock.forward(Duration.ofMinutes(1));
        done(source.refresh());

        assertThat(now(source.keys(1)).size()).isZero();
        assertThat(source.state().reachable()).isTrue();
    }

    @Test
    void aUrlThatIsNoneIsAnErrorOfThatSetAlone() {
        var none = new KeySetSource(
                "https://[",
                HttpCaller.guarded(OutboundPolicy.PUBLIC_ONLY, SETTINGS.deadline(), 1),
                SETTINGS,
                clock,
                workers,
                new JwksMetrics(new SimpleMeterRegistry()));

        assertThatThrownBy(() -> now(none.keys(1)))
                .isInstanceOf(KeysUnavailable.class)
                .hasMessageEndingWith("the URL is malformed");
    }

    @com.google.errorprone.annotations.CanIgnoreReturnValue
    private static KeySet now(Mono<KeySet> keys) {
        return java.util.Objects.requireNonNull(keys.block(Duration.ofSeconds(20)));
    }

    private static void done(Mono<Void> refresh) {
        refresh.block(Duration.ofSeconds(20));
    }
}
