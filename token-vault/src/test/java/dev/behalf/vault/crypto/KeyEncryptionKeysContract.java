package dev.behalf.vault.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.behalf.vault.crypto.NotDecryptable.Reason;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

/// What every place for key-encryption keys does.
public abstract class KeyEncryptionKeysContract {

    protected abstract KeyEncryptionKeys keys();

    @CanIgnoreReturnValue
    protected static <T> T now(Mono<T> mono) {
        return Objects.requireNonNull(mono.block(Duration.ofSeconds(60)));
    }

    /// How it failed.
    protected static Throwable failure(Mono<?> mono) {
        return Objects.requireNonNull(catchThrowable(() -> mono.block(Duration.ofSeconds(60))), "it did not fail");
    }

    protected static void isUnavailable(Mono<?> mono) {
        assertThat(failure(mono)).isInstanceOfSatisfying(KeysUnavailable.class, fault -> {
            assertThat(fault.problem().status()).isEqualTo(503);
            assertThat(fault.headers()).containsKey("Retry-After");
        });
    }

    protected static void isNotDecryptable(Mono<?> mono, Reason reason) {
        assertThat(failure(mono))
                .isInstanceOfSatisfying(
                        NotDecryptable.class,
                        fault -> assertThat(fault.reason()).isEqualTo(reason));
    }

    @Test
    void whatWasWrappedIsUnwrapped() {
        var key = DataKey.generate();

        var wrapped = now(keys().wrap(key));

        assertThat(now(keys().unwrap(wrapped)).reveal()).isEqualTo(key.reveal());
        assertThat(wrapped.bytes()).isNotEqualTo(key.reveal());
    }

    @Test
    void aWrappedKeySaysWhichKeyWrappedItAndThatOneIsCurrentListedAndReadable() {
        var id = now(keys().wrap(DataKey.generate())).keyId();

        assertThat(id).startsWith(keys().provider() + ":").isEqualTo(now(keys().currentKeyId()));
        assertThat(now(keys().keyIds())).contains(id);
        assertThat(keys().reads(id)).isTrue();
        assertThat(keys().reads("another:" + id)).isFalse();
    }

    @Test
    void theSameKeyWrappedAnewIsTheSameKey() {
        var key = DataKey.generate();
        var wrapped = now(keys().wrap(key));

        var again = now(keys().rewrap(wrapped));

        assertThat(again).isNotEqualTo(wrapped);
        assertThat(now(keys().unwrap(again)).reveal()).isEqualTo(key.reveal());
    }

    @Test
    void aChangedKeyIsNotUnwrapped() {
        var wrapped = now(keys().wrap(DataKey.generate()));
        var changed = wrapped.bytes();
        // Not the last character, which may carry unused bits of base64
        changed[changed.length / 2] = (byte) (changed[changed.length / 2] == 'A' ? 'B' : 'A');

        isNotDecryptable(keys().unwrap(new WrappedKey(wrapped.keyId(), changed)), Reason.NOT_WRAPPED_BY_THIS_KEY);
    }
}
