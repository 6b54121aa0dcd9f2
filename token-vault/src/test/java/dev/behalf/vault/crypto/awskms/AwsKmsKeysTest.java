package dev.behalf.vault.crypto.awskms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import dev.behalf.vault.crypto.DataKey;
import dev.behalf.vault.crypto.FakeKeyService;
import dev.behalf.vault.crypto.FakeKeyService.Answer;
import dev.behalf.vault.crypto.KeyEncryptionKeys;
import dev.behalf.vault.crypto.KeyEncryptionKeysContract;
import dev.behalf.vault.crypto.NotDecryptable.Reason;
import dev.behalf.vault.crypto.WrappedKey;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AwsKmsKeysTest extends KeyEncryptionKeysContract {

    private static final Duration PATIENT = Duration.ofSeconds(20);

    private final FakeAwsKms kms = new FakeAwsKms();
    private final AwsKmsKeys keys = keys(FakeAwsKms.KEY, List.of(), FakeAwsKms.SECRET_KEY, PATIENT);

    @AfterEach
    void stop() {
        kms.close();
    }

    private AwsKmsKeys keys(String key, List<String> alsoRead, String secret, Duration within) {
        return new AwsKmsKeys(
                new AwsKmsSettings(key, alsoRead, kms.uri(), FakeAwsKms.ACCESS_KEY, secret, null, null, null, within),
                Clock.systemUTC());
    }

    private AwsKmsKeys inContainer(URI credentials, @Nullable Path tokenFile) {
        return new AwsKmsKeys(
                new AwsKmsSettings(
                        FakeAwsKms.KEY, List.of(), kms.uri(), null, null, null, credentials, tokenFile, PATIENT),
                Clock.systemUTC());
    }

    @Override
    protected KeyEncryptionKeys keys() {
        return keys;
    }

    @Test
    void aWrongSecretIsRefusedByAwsAndTheKeysAreUnavailable() {
        var wrong = keys(FakeAwsKms.KEY, List.of(), "another-secret", PATIENT);

        assertThat(failure(wrong.wrap(DataKey.generate())))
                .isInstanceOfSatisfying(
                        dev.behalf.vault.crypto.KeysUnavailable.class,
                        fault -> assertThat(fault.reason()).contains("403 InvalidSignatureException"));
    }

    @Test
    void anEarlierKeyIsReadWhileItIsInTheSettings() {
        var before = keys(FakeAwsKms.OLD_KEY, List.of(), FakeAwsKms.SECRET_KEY, PATIENT);
        var after = keys(FakeAwsKms.KEY, List.of(FakeAwsKms.OLD_KEY), FakeAwsKms.SECRET_KEY, PATIENT);
        var old = now(before.wrap(DataKey.generate()));

        assertThat(now(after.unwrap(old)).reveal()).hasSize(32);
        assertThat(now(after.rewrap(old)).keyId()).isEqualTo("awskms:" + FakeAwsKms.KEY);
        kms.calls().clear();
        isNotDecryptable(keys.unwrap(old), Reason.UNKNOWN_KEY);
        assertThat(kms.calls()).isEmpty();
    }

    @Test
    void aKeyWrappedByAnotherKeyIsRefused() {
        var both = keys(FakeAwsKms.KEY, List.of(FakeAwsKms.OLD_KEY), FakeAwsKms.SECRET_KEY, PATIENT);
        var wrapped = now(both.wrap(DataKey.generate()));

        isNotDecryptable(
                both.unwrap(new WrappedKey("awskms:" + FakeAwsKms.OLD_KEY, wrapped.bytes())),
                Reason.NOT_WRAPPED_BY_THIS_KEY);
    }

    /// A deleted key may be a mistake in the settings as well; nobody's connection is lost for it.
    @Test
    void aKeyThatKmsDoesNotHaveIsUnavailable() {
        var wrapped = now(keys.wrap(DataKey.generate()));
        kms.delete(FakeAwsKms.KEY);

        isUnavailable(keys.unwrap(wrapped));
    }

    @ParameterizedTest
    @CsvSource({
        "400, com.amazonaws.kms#InvalidCiphertextException",
        "400, InvalidCiphertextException",
        "400, IncorrectKeyException"
    })
    void whatKmsSaysOfABadCiphertextIsFinal(int status, String type) {
        var wrapped = now(keys.wrap(DataKey.generate()));
        kms.always(new Answer(status, Map.of("__type", type)));

        isNotDecryptable(keys.unwrap(wrapped), Reason.NOT_WRAPPED_BY_THIS_KEY);
    }

    @ParameterizedTest
    @CsvSource({
        "400, ThrottlingException",
        "400, DisabledException",
        "400, KMSInvalidStateException",
        "400, AccessDeniedException",
        "400, NotFoundException",
        "403, InvalidCiphertextException",
        "500, KMSInternalException",
        "500, DependencyTimeoutException",
        "503, KeyUnavailableException"
    })
    void everythingElseIsUnavailable(int status, String type) {
        var wrapped = now(keys.wrap(DataKey.generate()));
        kms.always(new Answer(status, Map.of("__type", type)));

        isUnavailable(keys.unwrap(wrapped));
        isUnavailable(keys.wrap(DataKey.generate()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"<html>", "{}", "{\"KeyId\":\"arn:of:another\",\"Plaintext\":\"AAAA\"}", ""})
    void nonsenseIsUnavailable(String body) {
        var wrapped = now(keys.wrap(DataKey.generate()));
        kms.always(new Answer(200, body));

        isUnavailable(keys.unwrap(wrapped));
        isUnavailable(keys.wrap(DataKey.generate()));
    }

    @Test
    void aKmsThatDoesNotAnswerIsUnavailable() {
        var hasty = keys(FakeAwsKms.KEY, List.of(), FakeAwsKms.SECRET_KEY, Duration.ofMillis(200));
        kms.fallSilent();

        isUnavailable(hasty.wrap(DataKey.generate()));
    }

    @Test
    void aContainerAsksForItsCredentialsOnceUntilTheyEnd(@TempDir Path folder) throws IOException {
        kms.sessionToken = "the-session";
        var tokenFile = Files.writeString(folder.resolve("token"), "pod-identity-token");
        try (var endpoint = new FakeKeyService() {
            @Override
            protected Answer answer(HttpExchange request, byte[] body) {
                return header(request, "Authorization").equals("pod-identity-token")
                        ? new Answer(
                                200,
                                Map.of(
                                        "AccessKeyId",
                                        FakeAwsKms.ACCESS_KEY,
                                        "SecretAccessKey",
                                        FakeAwsKms.SECRET_KEY,
                                        "Token",
                                        "the-session",
                                        "Expiration",
                                        Instant.now().plusSeconds(3600).toString()))
                        : new Answer(403, Map.of());
            }
        }) {
            var keys = inContainer(endpoint.uri().resolve("/v1/credentials"), tokenFile);
            now(keys.wrap(DataKey.generate()));
            now(keys.wrap(DataKey.generate()));
            assertThat(endpoint.calls()).containsExactly("GET /v1/credentials");

            isUnavailable(inContainer(endpoint.uri(), null).wrap(DataKey.generate()));
        }
    }

    @Test
    void anAliasOrKeysOfTwoRegionsOrNoCredentialsAreRefusedAtStart() {
        assertThatThrownBy(() -> keys("alias/behalf", List.of(), "s", PATIENT)).hasMessageContaining("ARNs of keys");
        assertThatThrownBy(() -> keys(
                        FakeAwsKms.KEY, List.of(FakeAwsKms.KEY.replace("eu-central-1", "us-east-1")), "s", PATIENT))
                .hasMessageContaining("one region");
        assertThatThrownBy(() ->
                        new AwsKmsSettings(FakeAwsKms.KEY, List.of(), null, null, null, null, null, null, PATIENT))
                .hasMessageContaining("credentials-uri");
    }

    @Test
    void theSecretIsNotInTheTextOfTheSettings() {
        assertThat(new AwsKmsSettings(FakeAwsKms.KEY, List.of(), null, "id", "a-secret", "a-token", null, null, PATIENT)
                        .toString())
                .doesNotContain("a-secret")
                .doesNotContain("a-token");
    }
}
