package dev.behalf.vault.crypto;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

class DataKeyCacheTest {

    /// Keys in memory that count how often they are asked to unwrap.
    private static final class CountingKeys implements KeyEncryptionKeys {
        private final byte[] key = DataKey.generate().reveal();
        private final AtomicInteger unwrapped = new AtomicInteger();

        @Override
        public String provider() {
            return "counting";
        }

        @Override
        public boolean reads(String keyId) {
            return keyId.equals("counting:1");
        }

        @Override
        public Mono<String> currentKeyId() {
            return Mono.just("counting:1");
        }

        @Override
        public Mono<List<String>> keyIds() {
            return Mono.just(List.of("counting:1"));
        }

        @Override
        public Mono<WrappedKey> wrap(DataKey data) {
            return Mono.fromSupplier(() -> new WrappedKey("counting:1", AesGcm.seal(key, new byte[0], data.reveal())));
        }

        @Override
        public Mono<DataKey> unwrap(WrappedKey wrapped) {
            return Mono.fromSupplier(() -> {
                unwrapped.incrementAndGet();
                return DataKey.of(AesGcm.open(key, new byte[0], wrapped.bytes()));
            });
        }
    }

    private static final SealingContext HERE = new SealingContext("default", "alice", "connection/1", "tokens", 1);

    private final CountingKeys keys = new CountingKeys();
    private final AtomicLong nanos = new AtomicLong();

    private Envelopes envelopes(int entries) {
        var settings = new KeySettings("counting", entries, Duration.ofMinutes(5));
        return new Envelopes(new KeyRing(settings, List.of(keys), nanos::get));
    }

    private static Envelope seal(Envelopes envelopes) {
        return Objects.requireNonNull(envelopes.seal(new byte[] {1, 2, 3}, HERE).block());
    }

    private static void open(Envelopes envelopes, Envelope envelope) {
        assertThat(envelopes.open(envelope, HERE).block()).containsExactly(1, 2, 3);
    }

    @Test
    void aKeyIsRememberedForItsTimeAndAskedForAgainAfterwards() {
        var envelopes = envelopes(10);
        var envelope = seal(envelopes);

        open(envelopes, envelope);
        open(envelopes, envelope);
        assertThat(keys.unwrapped).hasValue(0);

        nanos.addAndGet(Duration.ofMinutes(5).toNanos());
        open(envelopes, envelope);
        open(envelopes, envelope);
        assertThat(keys.unwrapped).hasValue(1);
    }

    @Test
    void switchedOffNothingIsRemembered() {
        var envelopes = envelopes(0);
        var envelope = seal(envelopes);

        open(envelopes, envelope);
        open(envelopes, envelope);

        assertThat(keys.unwrapped).hasValue(2);
    }

    @Test
    void theNumberOfKeysIsBounded() {
        var envelopes = envelopes(5);
        var all = new ArrayList<Envelope>();
        for (int i = 0; i < 50; i++) {
            all.add(seal(envelopes));
        }

        all.forEach(envelope -> open(envelopes, envelope));

        assertThat(keys.unwrapped.get()).isGreaterThanOrEqualTo(45 - 5);
    }

    /// A value that was changed is refused with a remembered key too.
    @Test
    void aRememberedKeyDoesNotOpenWhatItShouldNot() {
        var envelopes = envelopes(10);
        var envelope = seal(envelopes);
        var elsewhere = new SealingContext("default", "mallory", "connection/1", "tokens", 1);

        assertThat(envelopes.open(envelope, elsewhere).materialize().block())
                .satisfies(signal -> assertThat(Objects.requireNonNull(signal).getThrowable())
                        .isInstanceOf(NotDecryptable.class));
    }

    @Test
    void aKeyThatLeavesIsOverwritten() {
        var cache = new DataKeyCache(10, Duration.ofMinutes(5), nanos::get);
        var wrapped = new WrappedKey("counting:1", new byte[] {1});
        var mine = DataKey.generate();
        var kept = cache.put(wrapped, mine).orElseThrow();
        mine.destroy();
        var copy = cache.get(wrapped).orElseThrow();
        assertThat(kept.reveal()).isEqualTo(copy.reveal()).isNotEqualTo(new byte[32]);

        nanos.addAndGet(Duration.ofMinutes(6).toNanos());

        assertThat(cache.get(wrapped)).isEmpty();
        cache.clear(); // what has ended leaves at the latest now
        assertThat(kept.reveal()).isEqualTo(new byte[32]);
        assertThat(copy.reveal()).isNotEqualTo(new byte[32]);
    }
}
