package dev.behalf.vault.crypto.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.behalf.kernel.problem.ProblemException;
import dev.behalf.vault.crypto.DataKey;
import dev.behalf.vault.crypto.KeyEncryptionKeys;
import dev.behalf.vault.crypto.KeyEncryptionKeysContract;
import dev.behalf.vault.crypto.NotDecryptable.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashSet;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LocalKeysTest extends KeyEncryptionKeysContract {

    @TempDir
    Path temporary;

    private Path file;
    private LocalKeys keys;

    @BeforeEach
    void start() throws IOException {
        file = temporary.resolve("vault/keys.json");
        keys = replica();
    }

    @AfterEach
    void stop() {
        keys.close();
    }

    @Override
    protected KeyEncryptionKeys keys() {
        return keys;
    }

    private LocalKeys replica() throws IOException {
        return new LocalKeys(new LocalKeySettings(file));
    }

    @Test
    void theKeystoreIsMadeForItsOwnerAlone() throws IOException {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file.getParent())))
                .isEqualTo("rwx------");
    }

    @ParameterizedTest
    @ValueSource(strings = {"rw-r-----", "rw----r--", "rw--w----", "rwx------"})
    void aKeystoreThatOthersMayTouchIsRefused(String mode) throws IOException {
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));

        assertThatThrownBy(this::replica)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("must be for its owner alone");
    }

    @Test
    void aFolderThatOthersMayEnterIsRefused() throws IOException {
        Files.setPosixFilePermissions(file.getParent(), PosixFilePermissions.fromString("rwxr-x---"));

        assertThatThrownBy(this::replica)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("must be for its owner alone");
    }

    @Test
    void anEmptyKeystoreIsRefusedAndNotFilledWithANewKey() throws IOException {
        Files.write(file, new byte[0]);

        assertThatThrownBy(this::replica).hasMessageContaining("is empty");
        assertThat(Files.size(file)).isZero();
    }

    @Test
    void aDamagedKeystoreIsRefusedWhereverItIsDamaged() throws IOException {
        var text = Files.readString(file);
        var key = text.replaceFirst("(?s).*\"key\":\"([^\"]*)\".*", "$1");
        var other = (key.charAt(9) == 'A' ? "B" : "A");

        for (var damaged : new String[] {
            text.substring(0, text.length() / 2),
            text.replace(key, key.substring(0, 9) + other + key.substring(10)),
            text.replace(key, "*" + key.substring(1)),
            text.replace(key, ""),
            text.replaceFirst("\"primary\":\"local:.", "\"primary\":\"local:x"),
            text.replace("\"format\":1", "\"format\":2"),
            "{}",
            "[]",
            "\u0000".repeat(100)
        }) {
            Files.writeString(file, damaged);
            assertThatThrownBy(this::replica)
                    .as(damaged.replace(key, "…"))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageNotContaining(key);
        }
    }

    @Test
    void aNewKeyWrapsFromThenOnInEveryReplicaAndTheOldOneStillUnwraps() throws IOException {
        var old = now(keys.wrap(DataKey.generate()));
        var other = replica();

        var made = now(keys.makeKey());

        assertThat(made).isNotEqualTo(old.keyId());
        var wrapped = now(other.wrap(DataKey.generate()));
        assertThat(wrapped.keyId()).isEqualTo(made);
        assertThat(now(keys.unwrap(wrapped)).reveal()).hasSize(32);
        assertThat(now(other.unwrap(old)).reveal()).hasSize(32);
        assertThat(now(other.keyIds())).containsExactly(old.keyId(), made);
        other.close();
    }

    /// A replica that was started before a key was made, and has not wrapped since.
    @Test
    void aReplicaFindsAKeyThatItDoesNotKnowYet() throws IOException {
        var other = replica();
        now(keys.makeKey());

        assertThat(now(other.unwrap(now(keys.wrap(DataKey.generate())))).reveal())
                .hasSize(32);
        other.close();
    }

    @Test
    void aRemovedKeyIsGoneFromTheFileAndUnwrapsNoMore() throws IOException {
        var old = now(keys.wrap(DataKey.generate()));
        now(keys.makeKey());

        keys.removeKey(old.keyId()).block();

        assertThat(Files.readString(file)).doesNotContain(old.keyId());
        isNotDecryptable(keys.unwrap(old), Reason.UNKNOWN_KEY);
    }

    @Test
    void theCurrentKeyIsNotRemoved() {
        var current = now(keys.currentKeyId());

        assertThat(failure(keys.removeKey(current)))
                .isInstanceOfSatisfying(
                        ProblemException.class,
                        refusal -> assertThat(refusal.problem().status()).isEqualTo(409));
        assertThat(now(keys.keyIds())).containsExactly(current);
    }

    @Test
    void keysMadeAtOnceAreAllKept() throws Exception {
        var ids = new HashSet<String>(now(keys.keyIds()));
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var making = java.util.stream.IntStream.range(0, 8)
                    .mapToObj(_ -> threads.submit(() -> {
                        var replica = replica();
                        try {
                            return now(replica.makeKey());
                        } finally {
                            replica.close();
                        }
                    }))
                    .toList();
            for (var made : making) {
                ids.add(made.get());
            }
        }

        assertThat(ids).hasSize(9);
        assertThat(now(keys.keyIds())).containsExactlyInAnyOrderElementsOf(ids);
    }

    @Test
    void aKeystoreThatVanishesIsUnavailableForWritesAndServesReadsOn() throws IOException {
        var wrapped = now(keys.wrap(DataKey.generate()));
        Files.delete(file);

        isUnavailable(keys.wrap(DataKey.generate()));
        assertThat(now(keys.unwrap(wrapped)).reveal()).hasSize(32);
    }
}
