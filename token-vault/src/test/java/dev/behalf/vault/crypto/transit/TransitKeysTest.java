package dev.behalf.vault.crypto.transit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.vault.crypto.DataKey;
import dev.behalf.vault.crypto.FakeKeyService.Answer;
import dev.behalf.vault.crypto.KeyEncryptionKeys;
import dev.behalf.vault.crypto.KeyEncryptionKeysContract;
import dev.behalf.vault.crypto.KeysUnavailable;
import dev.behalf.vault.crypto.NotDecryptable.Reason;
import dev.behalf.vault.crypto.WrappedKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TransitKeysTest extends KeyEncryptionKeysContract {

    @TempDir
    Path folder;

    private final FakeTransit transit = new FakeTransit();
    private Path tokenFile;
    private TransitKeys keys;

    @BeforeEach
    void start() throws IOException {
        tokenFile = folder.resolve("token");
        Files.writeString(tokenFile, FakeTransit.TOKEN + "\n");
        keys = new TransitKeys(settings(null, Duration.ofSeconds(20)));
    }

    @AfterEach
    void stop() {
        transit.close();
    }

    private TransitSettings settings(@org.jspecify.annotations.Nullable String namespace, Duration within) {
        return new TransitSettings(transit.uri(), tokenFile, "behalf", "transit", namespace, within);
    }

    @Override
    protected KeyEncryptionKeys keys() {
        return keys;
    }

    @Test
    void theVersionInTheCiphertextIsPartOfTheKeyId() {
        var old = now(keys.wrap(DataKey.generate()));
        assertThat(old.keyId()).isEqualTo("transit:transit/behalf:v1");
        assertThat(new String(old.bytes(), java.nio.charset.StandardCharsets.US_ASCII))
                .startsWith("vault:v1:");

        assertThat(now(keys.makeKey())).isEqualTo("transit:transit/behalf:v2");

        assertThat(now(keys.wrap(DataKey.generate())).keyId()).isEqualTo("transit:transit/behalf:v2");
        assertThat(now(keys.keyIds())).containsExactly("transit:transit/behalf:v1", "transit:transit/behalf:v2");
    }

    @Test
    void aKeyIsWrappedAnewWithoutLeavingTheServer() {
        var old = now(keys.wrap(DataKey.generate()));
        now(keys.makeKey());
        transit.calls().clear();

        assertThat(now(keys.rewrap(old)).keyId()).isEqualTo("transit:transit/behalf:v2");
        assertThat(transit.calls()).containsExactly("POST /v1/transit/rewrap/behalf");
    }

    @Test
    void aKeyIdOfAnotherVersionThanTheCiphertextsIsRefusedWithoutACall() {
        var wrapped = now(keys.wrap(DataKey.generate()));
        transit.calls().clear();

        isNotDecryptable(keys.unwrap(new WrappedKey("transit:transit/behalf:v2", wrapped.bytes())), Reason.MALFORMED);
        isNotDecryptable(
                keys.unwrap(new WrappedKey(wrapped.keyId(), FakeTransit.bytes("vault:v1:../../x"))), Reason.MALFORMED);
        assertThat(transit.calls()).isEmpty();
    }

    @Test
    void aVersionThatTheOperatorDisallowedIsNotDecryptable() {
        var old = now(keys.wrap(DataKey.generate()));
        now(keys.makeKey());
        transit.disallowBelow(2);

        isNotDecryptable(keys.unwrap(old), Reason.NOT_WRAPPED_BY_THIS_KEY);
        assertThat(now(keys.keyIds())).containsExactly("transit:transit/behalf:v2");
    }

    @Test
    void theNamespaceIsSent() {
        transit.namespace = "team/behalf";

        isUnavailable(keys.wrap(DataKey.generate()));
        assertThat(now(new TransitKeys(settings("team/behalf", Duration.ofSeconds(20))).wrap(DataKey.generate())))
                .isNotNull();
    }

    @Test
    void aTokenThatWasRenewedInTheFileIsUsed() throws IOException {
        Files.writeString(tokenFile, "hvs.expired");
        isUnavailable(keys.wrap(DataKey.generate()));

        Files.writeString(tokenFile, FakeTransit.TOKEN);
        assertThat(now(keys.wrap(DataKey.generate()))).isNotNull();

        Files.delete(tokenFile);
        isUnavailable(keys.wrap(DataKey.generate()));
    }

    /// 400 for an encryption, a bad token, a missing key, a limit, a defect, a sealed server.
    @ParameterizedTest
    @ValueSource(ints = {400, 403, 404, 429, 500, 502, 503})
    void whatIsNotTheCiphertextsFaultIsUnavailable(int status) {
        var wrapped = now(keys.wrap(DataKey.generate()));
        transit.always(new Answer(status, Map.of("errors", List.of("Vault is sealed"))));

        isUnavailable(keys.wrap(DataKey.generate()));
        isUnavailable(keys.currentKeyId());
        if (status != 400) {
            isUnavailable(keys.unwrap(wrapped));
            isUnavailable(keys.rewrap(wrapped));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"<html>", "{}", "{\"data\":{}}", "{\"data\":{\"ciphertext\":\"v1\",\"plaintext\":\"*\"}}", ""})
    void nonsenseIsUnavailable(String body) {
        var wrapped = now(keys.wrap(DataKey.generate()));
        transit.always(new Answer(200, body));

        isUnavailable(keys.wrap(DataKey.generate()));
        isUnavailable(keys.unwrap(wrapped));
        isUnavailable(keys.currentKeyId());
    }

    @Test
    void aServerThatDoesNotAnswerIsUnavailable() {
        var hasty = new TransitKeys(settings(null, Duration.ofMillis(200)));
        transit.fallSilent();

        isUnavailable(hasty.wrap(DataKey.generate()));
    }

    @Test
    void aServerThatIsAwayIsUnavailableAndTheReasonHoldsNoToken() {
        transit.close();

        assertThat(failure(keys.wrap(DataKey.generate())))
                .isInstanceOfSatisfying(
                        KeysUnavailable.class,
                        fault -> assertThat(fault.reason())
                                .contains("connection")
                                .doesNotContain(FakeTransit.TOKEN));
    }
}
