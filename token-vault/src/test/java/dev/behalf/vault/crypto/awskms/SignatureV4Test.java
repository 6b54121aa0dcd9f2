package dev.behalf.vault.crypto.awskms;

import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.kernel.secret.Secret;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// The published test suite of Signature Version 4, as far as it has POST requests without a query: service
/// `service`, region us-east-1.
class SignatureV4Test {

    private static final Instant NOW = Instant.parse("2015-08-30T12:36:00Z");
    private static final Secret SECRET = Secret.of("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
    private static final SignatureV4 SIGNATURE = new SignatureV4("us-east-1", "service");

    private static final String PREFIX =
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, ";

    @Test
    void postVanilla() {
        var signed = SIGNATURE.sign(
                Map.of("Host", "example.amazonaws.com"),
                new byte[0],
                new AwsCredentials("AKIDEXAMPLE", SECRET, null),
                NOW);

        assertThat(signed)
                .containsEntry("x-amz-date", "20150830T123600Z")
                .containsEntry(
                        "authorization",
                        PREFIX + "SignedHeaders=host;x-amz-date, Signature="
                                + "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b");
    }

    @Test
    void postXWwwFormUrlencoded() {
        var signed = SIGNATURE.sign(
                Map.of("Content-Type", "application/x-www-form-urlencoded", "Host", "example.amazonaws.com"),
                "Param1=value1".getBytes(StandardCharsets.UTF_8),
                new AwsCredentials("AKIDEXAMPLE", SECRET, null),
                NOW);

        assertThat(signed)
                .containsEntry(
                        "authorization",
                        PREFIX + "SignedHeaders=content-type;host;x-amz-date, Signature="
                                + "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a");
    }

    @Test
    void theTokenOfTemporaryCredentialsIsSentAndSigned() {
        var signed = SIGNATURE.sign(
                Map.of("Host", "example.amazonaws.com"),
                new byte[0],
                new AwsCredentials("AKIDEXAMPLE", SECRET, Secret.of("a-session-token")),
                NOW);

        assertThat(signed).containsEntry("x-amz-security-token", "a-session-token");
        assertThat(signed.get("authorization")).contains("SignedHeaders=host;x-amz-date;x-amz-security-token,");
    }
}
