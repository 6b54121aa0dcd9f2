package dev.behalf.kernel.secret;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class SealedBoxTest {

    private static final byte[] VALUE = "a private key".getBytes(StandardCharsets.UTF_8);
    private final SealedBox box = new SealedBox(Secret.of("a-key-encryption-key-of-this-test-0123456789"));

    @Property(tries = 100)
    void whatWasSealedIsOpenedAgain(@ForAll byte[] value, @ForAll String context) {
        assertThat(box.open(box.seal(value, context), context)).isEqualTo(value);
    }

    @Test
    void itOpensForItsOwnContextAndKeyOnly() {
        var sealed = box.seal(VALUE, "table/1");
        var other = new SealedBox(Secret.of("another-key-encryption-key-of-this-test-0123"));

        assertThatThrownBy(() -> box.open(sealed, "table/2")).isInstanceOf(SealedBox.CannotOpen.class);
        assertThatThrownBy(() -> other.open(sealed, "table/1")).isInstanceOf(SealedBox.CannotOpen.class);
    }

    @Property(tries = 200)
    void aChangedBitShows(@ForAll @IntRange(max = (12 + 13 + 16) * 8 - 1) int bit) {
        var sealed = box.seal(VALUE, "table/1");
        sealed[bit / 8] ^= (byte) (1 << (bit % 8));

        assertThatThrownBy(() -> box.open(sealed, "table/1")).isInstanceOf(SealedBox.CannotOpen.class);
    }

    @Property(tries = 50)
    void aCutValueDoesNotOpen(@ForAll @IntRange(max = 12 + 13 + 15) int length) {
        var cut = java.util.Arrays.copyOf(box.seal(VALUE, "table/1"), length);

        assertThatThrownBy(() -> box.open(cut, "table/1")).isInstanceOf(SealedBox.CannotOpen.class);
    }

    @Test
    void theSameValueIsNeverSealedTheSameWay() {
        assertThat(box.seal(VALUE, "table/1")).isNotEqualTo(box.seal(VALUE, "table/1"));
    }

    @Test
    void aShortKeyIsRefusedAndNoSecretIsPrinted() {
        assertThatThrownBy(() -> new SealedBox(Secret.of("too-short")))
                .hasMessageContaining("at least 32 characters")
                .hasMessageNotContaining("too-short");
        assertThat(Secret.of("hidden")).hasToString("[redacted]");
    }
}
