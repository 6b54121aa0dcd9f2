package dev.behalf.kernel.jose;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.behalf.kernel.json.Json;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// On both providers of cryptography where both are there.
class SignedJwtTest {

    private static final SigningKey KEY = SigningKey.generate(JwsAlgorithm.ES256);
    private static final String TOKEN = KEY.sign("JWT", Map.of("sub", "ann"));
    private static final String EMPTY_SIGNED = KEY.sign("JWT", Map.of());

    @ParameterizedTest
    @EnumSource(Crypto.class)
    void aTokenIsProvedByTheKeyThatSignedIt(Crypto crypto) {
        assertThat(KeySet.parse(jwks(KEY), crypto)
                        .verify(RawJwt.parse(TOKEN))
                        .orElseThrow()
                        .claims())
                .containsEntry("sub", "ann");
    }

    @ParameterizedTest
    @EnumSource(Crypto.class)
    void anotherKeyProvesNothing(Crypto crypto) {
        assertThat(KeySet.parse(jwks(SigningKey.generate(JwsAlgorithm.ES256)), crypto)
                        .verify(RawJwt.parse(TOKEN)))
                .isEmpty();
    }

    @ParameterizedTest
    @EnumSource(Crypto.class)
    void aSignatureOfZerosProvesNothing(Crypto crypto) {
        var zeros = Base64.getUrlEncoder().withoutPadding().encodeToString(new byte[64]);
        var forged = TOKEN.substring(0, TOKEN.lastIndexOf('.') + 1) + zeros;

        assertThat(KeySet.parse(jwks(KEY), crypto).verify(RawJwt.parse(forged))).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"alg\":\"none\"}",
                "{\"alg\":\"nOnE\"}",
                "{\"alg\":\"HS256\"}",
                "{\"alg\":\"RS1\"}",
                "{}",
                "{\"alg\":\"ES256\",\"crit\":[]}",
                "{\"alg\":\"ES256\",\"crit\":[\"b64\"],\"b64\":false}",
                "{\"alg\":\"ES256\",\"b64\":true}",
                "{\"alg\":\"ES256\",\"zip\":\"DEF\"}",
                "{\"alg\":\"ES256\",\"cty\":\"JWT\"}",
                "{\"alg\":\"ES256\",\"typ\":\"logout+jwt\"}",
                "{\"alg\":\"ES256\",\"typ\":1}",
                "{\"alg\":\"ES256\",\"kid\":1}",
                "{\"alg\":\"ES256\",\"alg\":\"ES256\"}",
                "null",
                "[]",
            })
    void aHeaderThatIsNotExpectedIsRefused(String header) {
        var encoded = Base64.getUrlEncoder().withoutPadding().encodeToString(header.getBytes(StandardCharsets.UTF_8));
        var token = encoded + EMPTY_SIGNED.substring(EMPTY_SIGNED.indexOf('.'));

        assertThatThrownBy(() -> RawJwt.parse(token)).isInstanceOf(InvalidJwt.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "..", "a.b", "a.b.c.d", "e30.e30.", "e30=.e30.AA", "e3 0.e30.AA", "e31.e30.AA"})
    void whatIsNoTokenIsRefused(String token) {
        assertThatThrownBy(() -> RawJwt.parse(token)).isInstanceOf(InvalidJwt.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"kty\":\"oct\",\"k\":\"AAAA\"}",
                "{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}",
                "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"AA\"}",
                "{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"AA\"}",
                "{\"kty\":\"RSA\",\"use\":\"enc\"}",
                "{}",
                "7",
            })
    void oneUnusableKeyLeavesTheOthersUsable(String key) {
        var good = Json.text(KEY.toPublicJwk());
        var set = KeySet.parse(("{\"keys\":[" + key + "," + good + "]}").getBytes(StandardCharsets.UTF_8));

        assertThat(set.size()).isEqualTo(1);
        assertThat(set.verify(RawJwt.parse(TOKEN))).isPresent();
    }

    private static byte[] jwks(SigningKey key) {
        return Json.write(Map.of("keys", List.of(key.toPublicJwk())));
    }
}
