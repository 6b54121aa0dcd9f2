package dev.behalf.vault.crypto.gcpkms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.behalf.vault.crypto.DataKey;
import dev.behalf.vault.crypto.FakeKeyService.Answer;
import dev.behalf.vault.crypto.KeyEncryptionKeys;
import dev.behalf.vault.crypto.KeyEncryptionKeysContract;
import dev.behalf.vault.crypto.NotDecryptable.Reason;
import dev.behalf.vault.crypto.WrappedKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GcpKmsKeysTest extends KeyEncryptionKeysContract {

    private static final Duration PATIENT = Duration.ofSeconds(20);

    private final FakeGcpKms kms = new FakeGcpKms();
    private final GcpKmsKeys keys = keys(null, PATIENT);

    @AfterEach
    void stop() {
        kms.close();
    }

    private GcpKmsKeys keys(@Nullable Path tokenFile, Duration within) {
        return new GcpKmsKeys(
                new GcpKmsSettings(FakeGcpKms.KEY, List.of(), kms.uri(), tokenFile, kms.uri(), within),
                Clock.systemUTC());
    }

    @Override
    protected KeyEncryptionKeys keys() {
        return keys;
    }

    @Test
    void theVersionIsPartOfTheKeyIdAndAnEarlierOneIsStillRead() {
        var old = now(keys.wrap(DataKey.generate()));
        kms.rotate();

        assertThat(old.keyId()).isEqualTo("gcpkms:" + FakeGcpKms.KEY + "/cryptoKeyVersions/1");
        assertThat(now(keys.currentKeyId())).isEqualTo("gcpkms:" + FakeGcpKms.KEY + "/cryptoKeyVersions/2");
        assertThat(now(keys.unwrap(old)).reveal()).hasSize(32);
        assertThat(now(keys.rewrap(old)).keyId()).isEqualTo(now(keys.currentKeyId()));
    }

    @Test
    void aKeyThatIsNotInTheSettingsIsNotAskedFor() {
        var wrapped = now(keys.wrap(DataKey.generate()));
        kms.calls().clear();

        isNotDecryptable(
                keys.unwrap(new WrappedKey(wrapped.keyId().replace("behalf-test", "of-another"), wrapped.bytes())),
                Reason.UNKNOWN_KEY);
        assertThat(kms.calls()).isEmpty();
    }

    @Test
    void theMetadataServerIsAskedOnceWhileTheTokenLives() {
        now(keys.wrap(DataKey.generate()));
        now(keys.wrap(DataKey.generate()));

        assertThat(kms.calls().stream().filter(call -> call.contains("default/token")))
                .hasSize(1);
    }

    @Test
    void aTokenThatIsAboutToEndIsAskedForAgain() {
        kms.expiresIn = 30;
        now(keys.wrap(DataKey.generate()));
        kms.accessToken = "ya29.another";

        assertThat(now(keys.wrap(DataKey.generate()))).isNotNull();
    }

    @Test
    void aTokenFileIsReadAnewForEachCall(@TempDir Path folder) throws IOException {
        var file = Files.writeString(folder.resolve("token"), "ya29.expired");
        var withFile = keys(file, PATIENT);
        isUnavailable(withFile.wrap(DataKey.generate()));

        Files.writeString(file, kms.accessToken);

        assertThat(now(withFile.wrap(DataKey.generate()))).isNotNull();
        assertThat(kms.calls()).noneMatch(call -> call.contains("default/token"));
    }

    @Test
    void anAnswerThatWasDamagedOnItsWayIsNotUsed() {
        var wrapped = now(keys.wrap(DataKey.generate()));
        kms.garbling = true;

        isUnavailable(keys.wrap(DataKey.generate()));
        isUnavailable(keys.unwrap(wrapped));
    }

    @ParameterizedTest
    @CsvSource({
        "400, FAILED_PRECONDITION",
        "403, PERMISSION_DENIED",
        "404, NOT_FOUND",
        "429, RESOURCE_EXHAUSTED",
        "500, INTERNAL",
        "503, UNAVAILABLE"
    })
    void whatIsNotTheCiphertextsFaultIsUnavailable(int code, String status) {
        var wrapped = now(keys.wrap(DataKey.generate()));
        kms.always(FakeGcpKms.error(code, status));

        isUnavailable(keys.unwrap(wrapped));
        isUnavailable(keys.wrap(DataKey.generate()));
        isUnavailable(keys.currentKeyId());
    }

    @ParameterizedTest
    @ValueSource(strings = {"<html>", "{}", "{\"plaintext\":\"AAAA\",\"plaintextCrc32c\":\"1\"}", ""})
    void nonsenseIsUnavailable(String body) {
        var wrapped = now(keys.wrap(DataKey.generate()));
        kms.always(new Answer(200, body));

        isUnavailable(keys.unwrap(wrapped));
        isUnavailable(keys.wrap(DataKey.generate()));
        isUnavailable(keys.currentKeyId());
    }

    @Test
    void aKmsThatDoesNotAnswerIsUnavailable() {
        var hasty = keys(null, Duration.ofMillis(200));
        kms.fallSilent();

        isUnavailable(hasty.wrap(DataKey.generate()));
    }

    @Test
    void aNameThatIsNotAKeysIsRefusedAtStart() {
        assertThatThrownBy(() ->
                        new GcpKmsSettings(FakeGcpKms.KEY + "/../x", List.of(), kms.uri(), null, kms.uri(), PATIENT))
                .hasMessageContaining("resource names of keys");
    }
}
