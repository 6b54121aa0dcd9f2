package dev.behalf.kernel.jose;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.behalf.kernel.json.Json;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class KeySetTest {

    private static final Signer RSA = Signer.of(JwsAlgorithm.RS256, "a");
    private static final Signer EC = Signer.of(JwsAlgorithm.ES256, "a");
    private static final Signer ED = Signer.of(JwsAlgorithm.EdDSA, "a");
    private static final String CLAIMS = "{\"sub\":\"ann\"}";

    @ParameterizedTest
    @EnumSource(Crypto.class)
    void keysOfDifferentTypesMayShareAnId(Crypto crypto) {
        var keys = Signer.set(crypto, List.of(RSA.jwk(), EC.jwk(), ED.jwk()));

        assertThat(keys.size()).isEqualTo(3);
        for (var signer : List.of(RSA, EC, ED)) {
            assertThat(keys.verify(RawJwt.parse(signer.token(CLAIMS)))).isPresent();
        }
    }

    @Test
    void keysForDifferentAlgorithmsMayShareAnId() {
        var other = Signer.rsa(JwsAlgorithm.PS256, "a", BigInteger.valueOf(65537));
        var keys = Signer.set(Crypto.preferred(), List.of(RSA.jwkWithAlgorithm(), other.jwkWithAlgorithm()));

        assertThat(keys.verify(RawJwt.parse(RSA.token(CLAIMS)))).isPresent();
        assertThat(keys.verify(RawJwt.parse(other.token(CLAIMS)))).isPresent();
        assertThat(keys.verify(RawJwt.parse(other.with(JwsAlgorithm.RS256).token(CLAIMS))))
                .isEmpty();
    }

    @Test
    void twoKeysForOneAlgorithmWithOneIdAreBothLeftOut() {
        var other = Signer.rsa(JwsAlgorithm.RS256, "a", BigInteger.valueOf(65537));
        var keys = Signer.set(Crypto.preferred(), List.of(RSA.jwkWithAlgorithm(), other.jwk(), EC.jwk()));

        assertThat(keys.size()).isEqualTo(1);
        assertThat(keys.verify(RawJwt.parse(RSA.token(CLAIMS)))).isEmpty();
        assertThat(keys.verify(RawJwt.parse(EC.token(CLAIMS)))).isPresent();
    }

    @Test
    void oneKeyListedTwiceCounts() {
        var keys = Signer.set(Crypto.preferred(), List.of(RSA.jwk(), RSA.jwkWithAlgorithm()));

        assertThat(keys.verify(RawJwt.parse(RSA.token(CLAIMS)))).isPresent();
    }

    @Test
    void anEmptySetIsASet() {
        assertThat(KeySet.parse("{\"keys\":[]}".getBytes(StandardCharsets.UTF_8))
                        .size())
                .isZero();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"keys\":[{}]}",
                "{\"keys\":[7,null,\"key\",[]]}",
                "{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\"},{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}]}",
            })
    void aSetInWhichNothingIsUsableIsNone(String json) {
        assertThatThrownBy(() -> KeySet.parse(json.getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(InvalidJwt.class)
                .hasMessageStartingWith("the key set has no usable key");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "null",
                "[]",
                "{}",
                "<html>",
                "{\"keys\":null}",
                "{\"keys\":{}}",
                "{\"keys\":[],\"keys\":[]}",
                "{\"keys\":[]} {}",
            })
    void whatIsNoKeySetIsRefused(String json) {
        assertThatThrownBy(() -> KeySet.parse(json.getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(InvalidJwt.class);
    }

    @Test
    void moreThanAHundredKeysAreRefused() {
        var many = new ArrayList<Object>();
        for (int i = 0; i <= KeySet.MAX_KEYS; i++) {
            many.add(EC.jwk());
        }

        assertThatThrownBy(() -> Signer.set(Crypto.preferred(), many)).isInstanceOf(InvalidJwt.class);
        assertThat(Signer.set(Crypto.preferred(), many.subList(0, KeySet.MAX_KEYS))
                        .size())
                .isEqualTo(100);
    }

    @ParameterizedTest
    @EnumSource(Crypto.class)
    void anRsaExponentHasAtMost33Bits(Crypto crypto) {
        var longest = BigInteger.ONE.shiftLeft(32).add(BigInteger.valueOf(15));
        var good = with(RSA.jwk(), "e", Signer.number(longest));
        var bad =
                with(RSA.jwk(), "e", Signer.number(BigInteger.ONE.shiftLeft(33).add(BigInteger.valueOf(15))));

        assertThat(Signer.set(crypto, List.of(good)).size()).isEqualTo(1);
        assertThat(Signer.set(crypto, List.of(bad, EC.jwk())).size()).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource(Crypto.class)
    void aSignatureByAKeyWithA33BitExponentIsProved(Crypto crypto) {
        var signer = Signer.rsa(
                JwsAlgorithm.RS256, "long", BigInteger.ONE.shiftLeft(32).add(BigInteger.valueOf(15)));

        assertThat(Signer.set(crypto, List.of(signer.jwk())).verify(RawJwt.parse(signer.token(CLAIMS))))
                .isPresent();
    }

    static Stream<Arguments> unusable() {
        var p256 = new BigInteger("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff", 16);
        var evenModulus = BigInteger.ONE.shiftLeft(2047).add(BigInteger.TWO);
        return Stream.of(
                Arguments.of("for encryption", with(RSA.jwk(), "use", "enc")),
                Arguments.of("use is not text", with(RSA.jwk(), "use", 1L)),
                Arguments.of("may only sign", with(RSA.jwk(), "key_ops", List.of("sign"))),
                Arguments.of("key_ops is no list", with(RSA.jwk(), "key_ops", "verify")),
                Arguments.of("alg none", with(RSA.jwk(), "alg", "none")),
                Arguments.of("alg HS256", with(RSA.jwk(), "alg", "HS256")),
                Arguments.of("alg RSA-OAEP", with(RSA.jwk(), "alg", "RSA-OAEP")),
                Arguments.of("alg of another type", with(RSA.jwk(), "alg", "ES256")),
                Arguments.of("alg of another curve", with(EC.jwk(), "alg", "ES384")),
                Arguments.of("alg null", with(EC.jwk(), "alg", null)),
                Arguments.of("kid is a number", with(EC.jwk(), "kid", 1L)),
                Arguments.of("kid is too long", with(EC.jwk(), "kid", "k".repeat(513))),
                Arguments.of(
                        "modulus of 1024 bits",
                        with(
                                RSA.jwk(),
                                "n",
                                Signer.number(BigInteger.ONE.shiftLeft(1023).add(BigInteger.ONE)))),
                Arguments.of(
                        "modulus of 9000 bits",
                        with(
                                RSA.jwk(),
                                "n",
                                Signer.number(BigInteger.ONE.shiftLeft(8999).add(BigInteger.ONE)))),
                Arguments.of("even modulus", with(RSA.jwk(), "n", Signer.number(evenModulus))),
                Arguments.of("no modulus", with(RSA.jwk(), "n", null)),
                Arguments.of(
                        "modulus with padding", with(RSA.jwk(), "n", RSA.jwk().get("n") + "=")),
                Arguments.of("exponent 1", with(RSA.jwk(), "e", "AQ")),
                Arguments.of("exponent 0", with(RSA.jwk(), "e", "AA")),
                Arguments.of("even exponent", with(RSA.jwk(), "e", "BA")),
                Arguments.of("exponent is a number", with(RSA.jwk(), "e", 65537L)),
                Arguments.of("curve secp256k1", with(EC.jwk(), "crv", "secp256k1")),
                Arguments.of("curve of other case", with(EC.jwk(), "crv", "p-256")),
                Arguments.of("no curve", with(EC.jwk(), "crv", null)),
                Arguments.of("another curve", with(EC.jwk(), "crv", "P-384")),
                Arguments.of("point off the curve", with(EC.jwk(), "y", EC.jwk().get("x"))),
                Arguments.of(
                        "point at infinity",
                        with(
                                with(EC.jwk(), "x", Signer.fixed(BigInteger.ZERO, 32)),
                                "y",
                                Signer.fixed(BigInteger.ZERO, 32))),
                Arguments.of("x is not reduced", with(EC.jwk(), "x", Signer.fixed(p256, 32))),
                Arguments.of("x is short", with(EC.jwk(), "x", "AA")),
                Arguments.of("x is long", with(EC.jwk(), "x", "A".repeat(44))),
                Arguments.of("Ed25519 point of 31 bytes", with(ED.jwk(), "x", "A".repeat(42))),
                Arguments.of("X25519", with(ED.jwk(), "crv", "X25519")),
                Arguments.of("Ed448", with(ED.jwk(), "crv", "Ed448")),
                Arguments.of("type in lower case", with(RSA.jwk(), "kty", "rsa")),
                Arguments.of("no type", with(RSA.jwk(), "kty", null)),
                Arguments.of("symmetric", Map.of("kty", "oct", "k", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")),
                Arguments.of("RSA with its private part", with(RSA.jwk(), "d", "AQAB")),
                Arguments.of("EC with its private part", with(EC.jwk(), "d", Signer.fixed(BigInteger.TEN, 32))),
                Arguments.of("OKP with its private part", with(ED.jwk(), "d", "A".repeat(43))));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("unusable")
    void aKeyThatIsNotSoundIsLeftOut(String why, Map<String, @Nullable Object> jwk) {
        var another = Signer.of(JwsAlgorithm.ES384, "other");
        for (var crypto : Crypto.values()) {
            assertThat(Signer.set(crypto, List.of(jwk, another.jwk())).size())
                    .as(why)
                    .isEqualTo(1);
        }
    }

    @Test
    void theClaimsOfATokenCannotBeChangedBeforeItIsProved() {
        var jwt = RawJwt.parse(EC.token("{\"sub\":\"ann\",\"aud\":[\"a\"],\"org\":{\"id\":[{\"x\":1}]}}"));
        var claims = jwt.unprovedClaims();

        assertThatThrownBy(() -> claims.put("sub", "root")).isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> asList(claims.get("aud")).add("b")).isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> asMap(claims.get("org")).put("id", 1L))
                .isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> asMap(
                                asList(asMap(claims.get("org")).get("id")).getFirst())
                        .clear())
                .isInstanceOf(UnsupportedOperationException.class);
        assertThat(Json.text(claims)).isEqualTo("{\"sub\":\"ann\",\"aud\":[\"a\"],\"org\":{\"id\":[{\"x\":1}]}}");
    }

    @SuppressWarnings("unchecked")
    private static List<Object> asList(@Nullable Object value) {
        return (List<Object>) java.util.Objects.requireNonNull(value);
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> asMap(@Nullable Object value) {
        return (Map<String, Object>) java.util.Objects.requireNonNull(value);
    }

    private static Map<String, @Nullable Object> with(
            Map<String, @Nullable Object> jwk, String name, @Nullable Object value) {
        var changed = new LinkedHashMap<String, @Nullable Object>(jwk);
        changed.put(name, value);
        return changed;
    }
}
