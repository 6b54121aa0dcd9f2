package dev.behalf.kernel.jose;

import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.kernel.json.Json;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/// Whatever the text, the reader says that it is no token or gives one that nothing proves; it never fails otherwise.
class RawJwtPropertiesTest {

    private static final Signer SIGNER = Signer.of(JwsAlgorithm.ES256, "key-1");
    private static final String TOKEN = SIGNER.token("{\"iss\":\"https://issuer.example\",\"sub\":\"ann\"}");
    private static final KeySet KEYS = Signer.set(Crypto.preferred(), List.of(SIGNER.jwk()));

    @Property(tries = 3000)
    void anyTextIsRefused(@ForAll("anyText") String text) {
        assertThat(isProved(text)).isFalse();
    }

    @Property(tries = 3000)
    void aTokenChangedInOnePlaceIsRefused(@ForAll("changed") String text) {
        assertThat(isProved(text)).isEqualTo(text.equals(TOKEN));
    }

    @Property(tries = 2000)
    void anyHeaderWithAGoodSignatureIsReadOrRefused(@ForAll("json") String header, @ForAll("json") String payload) {
        var input = Signer.encode(header) + "." + Signer.encode(payload);
        var text = input + "." + Signer.BASE64URL.encodeToString(SIGNER.sign(input));

        // Only what says ES256 can be proved, and then it is an object.
        assertThat(!isProved(text) || "ES256".equals(Json.readObject(header).get("alg")))
                .isTrue();
    }

    @Provide
    Arbitrary<String> anyText() {
        var part = Arbitraries.strings().ofMaxLength(40);
        var encoded = part.map(Signer::encode);
        var either = Arbitraries.oneOf(part, encoded);
        return Arbitraries.oneOf(
                Arbitraries.strings().ofMaxLength(200),
                Combinators.combine(either, either, either).as((a, b, c) -> a + "." + b + "." + c));
    }

    @Provide
    Arbitrary<String> changed() {
        var at = Arbitraries.integers().between(0, TOKEN.length() - 1);
        var by = Arbitraries.oneOf(
                Arbitraries.strings().withCharRange('A', 'z').ofMaxLength(2),
                Arbitraries.strings().ofMaxLength(2),
                Arbitraries.of(".", "..", "=", "\n", "\0", "%2e"));
        var cut = Arbitraries.integers().between(0, 2);
        return Combinators.combine(at, by, cut)
                .as((i, text, length) ->
                        TOKEN.substring(0, i) + text + TOKEN.substring(Math.min(TOKEN.length(), i + length)));
    }

    @Provide
    Arbitrary<String> json() {
        var value = Arbitraries.of(
                "null",
                "1",
                "-0",
                "1e400",
                "true",
                "\"\"",
                "\"ES256\"",
                "\"none\"",
                "[]",
                "{}",
                "[[[[]]]]",
                "\"\\ud800\"",
                "1e999999999",
                "\"key-1\"",
                "0.1");
        var name = Arbitraries.of("alg", "kid", "typ", "crit", "b64", "cty", "jwk", "zip", "iss", "exp", "aud", "x");
        return Combinators.combine(name, value)
                .as((n, v) -> "\"" + n + "\":" + v)
                .list()
                .ofMaxSize(5)
                .map(members -> "{" + String.join(",", members) + "}");
    }

    private static boolean isProved(String text) {
        try {
            return KEYS.verify(RawJwt.parse(text)).isPresent();
        } catch (InvalidJwt e) {
            return false;
        }
    }
}
