package dev.behalf.kernel.jose;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.behalf.kernel.json.Json;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SigningKeyTest {

    @ParameterizedTest
    @EnumSource(names = {"ES256", "RS256", "EdDSA"})
    void whatItSignsVerifiesWithThePublicKeyThatItPublishes(JwsAlgorithm algorithm) {
        var key = SigningKey.generate(algorithm);
        for (int i = 0; i < 300; i++) { // short numbers inside an ECDSA signature come once in some hundreds
            var jwt = RawJwt.parse(key.sign("at+jwt", Map.of("n", i)));

            assertThat(jwt.algorithm()).isEqualTo(algorithm);
            assertThat(jwt.keyId()).isEqualTo(key.id());
            for (var crypto : Crypto.values()) {
                assertThat(KeySet.parse(published(key), crypto).verify(jwt)).isPresent();
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"ES256", "RS256", "EdDSA"})
    void isTheSameAfterItWasStored(JwsAlgorithm algorithm) {
        var key = SigningKey.generate(algorithm);
        var again = SigningKey.fromPrivateJwk(key.toPrivateJwk());

        assertThat(again.id()).isEqualTo(key.id());
        assertThat(KeySet.parse(published(key)).verify(RawJwt.parse(again.sign("JWT", Map.of()))))
                .isPresent();
    }

    @ParameterizedTest
    @EnumSource(names = {"ES256", "RS256", "EdDSA"})
    void publishesNothingPrivate(JwsAlgorithm algorithm) {
        assertThat(SigningKey.generate(algorithm).toPublicJwk()).doesNotContainKeys("d", "p", "q", "dp", "dq", "qi");
    }

    @Test
    void aPublicKeyCannotSign() {
        var published = Json.text(SigningKey.generate(JwsAlgorithm.ES256).toPublicJwk());

        assertThatThrownBy(() -> SigningKey.fromPrivateJwk(published)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void anotherAlgorithmIsRefused() {
        assertThatThrownBy(() -> SigningKey.generate(JwsAlgorithm.PS256)).isInstanceOf(IllegalArgumentException.class);
    }

    private static byte[] published(SigningKey key) {
        return Json.write(Map.of("keys", List.of(key.toPublicJwk())));
    }
}
