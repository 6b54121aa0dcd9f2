package dev.behalf.vault.crypto.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.behalf.kernel.problem.ProblemException;
import dev.behalf.vault.crypto.DataKey;
import dev.behalf.vault.crypto.KeyEncryptionKeys;
import dev.behalf.vault.crypto.KeyEncryptionKeysContract;
import dev.behalf.vault.crypto.NotDecryptable.Reason;
import org.junit.jupiter.api.Test;

class SecretKeysTest extends KeyEncryptionKeysContract {

    private static final String ONE = "1".repeat(64);
    private static final String TWO = "2".repeat(64);

    private final SecretKeys keys = new SecretKeys(new SecretKeySettings(ONE, null));

    @Override
    protected KeyEncryptionKeys keys() {
        return keys;
    }

    @Test
    void everyReplicaThatIsGivenTheSecretHasTheKey() {
        var key = DataKey.generate();

        var opened = now(new SecretKeys(new SecretKeySettings(ONE, "")).unwrap(now(keys.wrap(key))));

        assertThat(opened.reveal()).isEqualTo(key.reveal());
    }

    @Test
    void whatAnEarlierKeyWrappedIsReadWhileItIsNamedAndWrappedAnewByTheCurrentOne() {
        var key = DataKey.generate();
        var wrapped = now(keys.wrap(key));
        var next = new SecretKeys(new SecretKeySettings(TWO, ONE));

        var again = now(next.rewrap(wrapped));

        assertThat(again.keyId()).isEqualTo(now(next.currentKeyId())).isNotEqualTo(wrapped.keyId());
        assertThat(now(next.keyIds())).containsExactly(again.keyId(), wrapped.keyId());
        var later = new SecretKeys(new SecretKeySettings(TWO, null));
        assertThat(now(later.unwrap(again)).reveal()).isEqualTo(key.reveal());
        assertThat(later.reads(wrapped.keyId())).isFalse();
        isNotDecryptable(later.unwrap(wrapped), Reason.UNKNOWN_KEY);
    }

    @Test
    void aShortSecretIsRefusedAndNeitherIsEverPrinted() {
        assertThatThrownBy(() -> new SecretKeySettings("short", null))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageNotContaining("short,");
        assertThatThrownBy(() -> new SecretKeySettings(ONE, TWO + " brief"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("also-read")
                .hasMessageNotContaining("brief");
        assertThat(new SecretKeySettings(ONE, TWO).toString()).doesNotContain(ONE, TWO);
        assertThat(now(keys.keyIds()).toString()).doesNotContain(ONE);
    }

    @Test
    void keysAreNeitherMadeNorRemovedHere() {
        assertThat(failure(keys.makeKey())).isInstanceOf(ProblemException.class);
        assertThat(failure(keys.removeKey("secret:1"))).isInstanceOf(ProblemException.class);
        assertThat(keys.removesKeys()).isFalse();
    }
}
