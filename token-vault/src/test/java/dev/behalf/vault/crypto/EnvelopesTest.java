package dev.behalf.vault.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.behalf.vault.RunningVault;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import org.jspecify.annotations.Nullable;

/// Secrets sealed and opened as the vault does it, and all that must not open.
class EnvelopesTest {

    private static final SealingContext ALICE = new SealingContext("default", "alice", "connection/1", "tokens", 1);

    private static @Nullable RunningVault vault;

    @BeforeContainer
    static void start() {
        vault = RunningVault.start();
    }

    @AfterContainer
    static void stop() {
        Objects.requireNonNull(vault).close();
    }

    private static Envelopes envelopes() {
        return Objects.requireNonNull(vault).bean(Envelopes.class);
    }

    private static Envelope sealed(byte[] plaintext, SealingContext context) {
        return Objects.requireNonNull(envelopes().seal(plaintext, context).block());
    }

    private static byte[] opened(Envelope envelope, SealingContext context) {
        return Objects.requireNonNull(envelopes().open(envelope, context).block());
    }

    private static void isRefused(byte[] envelope, SealingContext context) {
        assertThat(catchThrowable(() -> opened(Envelope.parse(envelope), context)))
                .isInstanceOf(NotDecryptable.class);
    }

    @Property(tries = 100)
    void whatWasSealedIsOpened(@ForAll @Size(max = 4096) byte[] plaintext, @ForAll String owner, @ForAll long version) {
        var context = new SealingContext("default", owner, "connection/1", "tokens", version);

        var envelope = Envelope.parse(sealed(plaintext, context).toBytes());

        assertThat(opened(envelope, context)).isEqualTo(plaintext);
    }

    @Property(tries = 2)
    void noBitCanBeFlipped(@ForAll @Size(max = 40) byte[] plaintext) {
        var envelope = sealed(plaintext, ALICE).toBytes();

        for (int bit = 0; bit < envelope.length * 8; bit++) {
            var flipped = envelope.clone();
            flipped[bit / 8] ^= (byte) (1 << bit % 8);
            isRefused(flipped, ALICE);
        }
    }

    @Property(tries = 2)
    void nothingCanBeCutOffOrAdded(@ForAll @Size(max = 40) byte[] plaintext) {
        var envelope = sealed(plaintext, ALICE).toBytes();

        for (int length = 0; length < envelope.length; length++) {
            isRefused(Arrays.copyOf(envelope, length), ALICE);
            isRefused(Arrays.copyOfRange(envelope, envelope.length - length, envelope.length), ALICE);
        }
        isRefused(Arrays.copyOf(envelope, envelope.length + 1), ALICE);
    }

    @Property(tries = 2000)
    void whateverIsReadInsteadIsRefusedInTheSameWay(@ForAll @Size(max = 300) byte[] anything) {
        isRefused(anything, ALICE);
        var framed = new byte[anything.length + 3];
        framed[0] = 'B';
        framed[1] = 'V';
        framed[2] = 1;
        System.arraycopy(anything, 0, framed, 3, anything.length);
        isRefused(framed, ALICE);
    }

    @Property(tries = 1)
    void aSecretOpensInItsPlaceOnly() {
        var envelope = sealed("a token".getBytes(StandardCharsets.UTF_8), ALICE).toBytes();

        for (var other : List.of(
                new SealingContext("another", "alice", "connection/1", "tokens", 1),
                new SealingContext("default", "mallory", "connection/1", "tokens", 1),
                new SealingContext("default", "alice", "connection/2", "tokens", 1),
                new SealingContext("default", "alice", "connection/1", "client_secret", 1),
                new SealingContext("default", "alice", "connection/1", "tokens", 2),
                // The same letters, cut elsewhere
                new SealingContext("default", "alic", "econnection/1", "tokens", 1),
                new SealingContext("defaulta", "lice", "connection/1", "tokens", 1))) {
            isRefused(envelope, other);
        }
    }

    @Property(tries = 1)
    void twoRowsCannotExchangeTheirValuesOrTheirKeys() {
        var bob = new SealingContext("default", "bob", "connection/2", "tokens", 1);
        var hers = sealed("hers".getBytes(StandardCharsets.UTF_8), ALICE);
        var his = sealed("his".getBytes(StandardCharsets.UTF_8), bob);

        isRefused(his.toBytes(), ALICE);
        isRefused(hers.toBytes(), bob);
        isRefused(new Envelope(his.key(), hers.value()).toBytes(), ALICE);
        isRefused(new Envelope(hers.key(), his.value()).toBytes(), ALICE);
    }

    @Property(tries = 1)
    void theSameValueSealedTwiceHasNothingInCommon() {
        var value = new byte[32];
        var one = sealed(value, ALICE);
        var two = sealed(value, ALICE);

        assertThat(one.key()).isNotEqualTo(two.key());
        assertThat(Arrays.copyOfRange(one.value(), 1, 13)).isNotEqualTo(Arrays.copyOfRange(two.value(), 1, 13));
        assertThat(one.value()).isNotEqualTo(two.value());
    }

    @Property(tries = 1)
    void aValueThatIsTooLongIsRefusedBeforeItIsSealed() {
        var longest = new byte[Envelopes.MAX_PLAINTEXT_BYTES];
        assertThat(opened(sealed(longest, ALICE), ALICE)).isEqualTo(longest);

        assertThatThrownBy(() -> sealed(new byte[longest.length + 1], ALICE))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Property(tries = 1)
    void aVaultWithoutAKeyDoesNotStart() {
        var settings = new HashMap<String, Object>();
        settings.put("behalf.vault.keys.provider", "");
        assertThatThrownBy(() -> RunningVault.start(settings))
                .rootCause()
                .hasMessageContaining("set behalf.vault.keys.provider to secret, local, transit, awskms or gcpkms");
        assertThatThrownBy(() -> RunningVault.start(Map.of("behalf.vault.keys.provider", "transit")))
                .rootCause()
                .hasMessageContaining("there are no settings below behalf.vault.keys.transit");
    }

    /// What has bytes says in its own words what it is, and those words do not come from the bytes.
    @Property(tries = 1)
    void noBytesAreInTheTextOfAnything() {
        var classes = new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .importPackages("dev.behalf.vault.crypto");
        var withBytes = classes.stream()
                .filter(type -> type.getFields().stream()
                        .anyMatch(field ->
                                !field.getModifiers().contains(com.tngtech.archunit.core.domain.JavaModifier.STATIC)
                                        && field.getRawType().isEquivalentTo(byte[].class)))
                .collect(Collectors.toSet());

        assertThat(withBytes.stream().map(JavaClass::getSimpleName))
                .contains("DataKey", "Envelope", "WrappedKey", "LocalKey");
        for (var type : withBytes) {
            var text = type.getMethods().stream()
                    .filter(method -> method.getName().equals("toString")
                            && method.getRawParameterTypes().isEmpty())
                    .findFirst()
                    .orElseThrow(() -> new AssertionError(type.getName() + " has no toString of its own"));
            assertThat(text.getFieldAccesses())
                    .as(type.getName())
                    .noneMatch(access -> access.getTarget().getRawType().isEquivalentTo(byte[].class));
            assertThat(type.isRecord()).as(type.getName()).isFalse();
        }
    }
}
