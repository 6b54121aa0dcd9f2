package dev.behalf.kernel.jose;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.behalf.kernel.json.Json;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// The worked examples of RFC 7515, Appendix A, that are signed with a key pair, to the letter; on both providers.
class Rfc7515AppendixATest {

    private static final String JOE =
            "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

    private static final String A2_KEY = """
            {"kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB"}
            """;

    private static final String A2_TOKEN = "eyJhbGciOiJSUzI1NiJ9." + JOE
            + ".cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";

    private static final String A3_KEY = """
            {"kty":"EC","crv":"P-256",
             "x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
             "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}
            """;

    private static final String A3_TOKEN = "eyJhbGciOiJFUzI1NiJ9." + JOE
            + ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

    private static final String A4_KEY = """
            {"kty":"EC","crv":"P-521",
             "x":"AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk",
             "y":"ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2"}
            """;

    private static final String A4_INPUT = "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA";
    private static final String A4_SIGNATURE =
            "AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn";

    /// RFC 8037, Appendix A.2 and A.4.
    private static final String RFC_8037_KEY =
            "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}";

    private static final String RFC_8037_INPUT = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
    private static final String RFC_8037_SIGNATURE =
            "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";

    @ParameterizedTest
    @EnumSource(Crypto.class)
    void a2IsProved(Crypto crypto) {
        assertThat(proved(A2_KEY, A2_TOKEN, crypto)).containsEntry("iss", "joe");
    }

    @ParameterizedTest
    @EnumSource(Crypto.class)
    void a3IsProved(Crypto crypto) {
        assertThat(proved(A3_KEY, A3_TOKEN, crypto)).containsEntry("iss", "joe");
    }

    /// Its payload is no JSON object, so it is a signature to be proved, and no token.
    @ParameterizedTest
    @EnumSource(Crypto.class)
    void a4IsProvedAndIsNoToken(Crypto crypto) {
        assertThat(isProved(A4_KEY, JwsAlgorithm.ES512, A4_INPUT, A4_SIGNATURE, crypto))
                .isTrue();
        assertThat(isProved(A4_KEY, JwsAlgorithm.ES512, A4_INPUT + "A", A4_SIGNATURE, crypto))
                .isFalse();
        assertThatThrownBy(() -> RawJwt.parse(A4_INPUT + "." + A4_SIGNATURE)).isInstanceOf(InvalidJwt.class);
    }

    @Test
    void a4OfRfc8037IsProvedAndIsNoToken() {
        for (var crypto : Crypto.values()) {
            assertThat(isProved(RFC_8037_KEY, JwsAlgorithm.EdDSA, RFC_8037_INPUT, RFC_8037_SIGNATURE, crypto))
                    .isTrue();
            assertThat(isProved(RFC_8037_KEY, JwsAlgorithm.EdDSA, RFC_8037_INPUT + "A", RFC_8037_SIGNATURE, crypto))
                    .isFalse();
        }
        assertThatThrownBy(() -> RawJwt.parse(RFC_8037_INPUT + "." + RFC_8037_SIGNATURE))
                .isInstanceOf(InvalidJwt.class);
    }

    private static Map<String, @Nullable Object> proved(String jwk, String token, Crypto crypto) {
        var keys = KeySet.parse(("{\"keys\":[" + jwk + "]}").getBytes(StandardCharsets.UTF_8), crypto);
        return keys.verify(RawJwt.parse(token)).orElseThrow().claims();
    }

    private static boolean isProved(String jwk, JwsAlgorithm algorithm, String input, String signature, Crypto crypto) {
        return VerificationKey.of(Json.readObject(jwk), crypto)
                .verifies(
                        algorithm,
                        input.getBytes(StandardCharsets.US_ASCII),
                        Base64.getUrlDecoder().decode(signature));
    }
}
