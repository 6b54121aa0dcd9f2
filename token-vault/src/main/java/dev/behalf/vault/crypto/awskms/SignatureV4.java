package dev.behalf.vault.crypto.awskms;

import dev.behalf.kernel.secret.Sha256;
import dev.behalf.vault.crypto.Hmac;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/// AWS Signature Version 4 for a POST to `/`, all of whose headers are signed.
///
/// @param region  of the service, such as `eu-central-1`
/// @param service such as `kms`
record SignatureV4(String region, String service) {

    private static final DateTimeFormatter TIMESTAMP =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);

    /// The headers with `X-Amz-Date`, `X-Amz-Security-Token` (for temporary credentials) and `Authorization`.
    ///
    /// @param headers with `Host`; names in any case
    Map<String, String> sign(Map<String, String> headers, byte[] body, AwsCredentials credentials, Instant now) {
        var timestamp = TIMESTAMP.format(now);
        var signed = new TreeMap<String, String>();
        headers.forEach((name, value) -> signed.put(name.toLowerCase(Locale.ROOT), value.strip()));
        signed.put("x-amz-date", timestamp);
        if (credentials.sessionToken() != null) {
            signed.put("x-amz-security-token", credentials.sessionToken().reveal());
        }
        var names = String.join(";", signed.keySet());
        var canonical = new StringBuilder("POST\n/\n\n");
        signed.forEach((name, value) ->
                canonical.append(name).append(':').append(value).append('\n'));
        canonical.append('\n').append(names).append('\n').append(Sha256.of(body).hex());

        var date = timestamp.substring(0, 8);
        var scope = date + "/" + region + "/" + service + "/aws4_request";
        var toSign = "AWS4-HMAC-SHA256\n" + timestamp + "\n" + scope + "\n"
                + Sha256.of(canonical.toString()).hex();
        var signature = HexFormat.of().formatHex(hmac(key(credentials, date), toSign));
        var all = new TreeMap<>(signed);
        all.put(
                "authorization",
                "AWS4-HMAC-SHA256 Credential=" + credentials.accessKeyId() + "/" + scope + ", SignedHeaders=" + names
                        + ", Signature=" + signature);
        return all;
    }

    private byte[] key(AwsCredentials credentials, String date) {
        var secret = ("AWS4" + credentials.secretAccessKey().reveal()).getBytes(StandardCharsets.UTF_8);
        return hmac(hmac(hmac(hmac(secret, date), region), service), "aws4_request");
    }

    private static byte[] hmac(byte[] key, String text) {
        return Hmac.sha256(key, text.getBytes(StandardCharsets.UTF_8));
    }
}
