package dev.behalf.vault.crypto.awskms;

import com.sun.net.httpserver.HttpExchange;
import dev.behalf.vault.crypto.AesGcm;
import dev.behalf.vault.crypto.DataKey;
import dev.behalf.vault.crypto.FakeKeyService;
import dev.behalf.vault.crypto.NotDecryptable;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/// `Encrypt` and `Decrypt` of AWS KMS. Signatures are verified as the documentation of Signature Version 4
/// describes, by code of their own.
final class FakeAwsKms extends FakeKeyService {

    static final String KEY = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    static final String OLD_KEY = "arn:aws:kms:eu-central-1:111122223333:key/0987dcba-09fe-87dc-65ba-ab0987654321";
    static final String ACCESS_KEY = "AKIAIOSFODNN7EXAMPLE";
    static final String SECRET_KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

    private static final Pattern AUTHORIZATION = Pattern.compile("AWS4-HMAC-SHA256 Credential=([^/]+)/([0-9]{8})/"
            + "([^/]+)/([^/]+)/aws4_request, SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})");
    private static final DateTimeFormatter TIMESTAMP = DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'", Locale.ROOT);

    private final Map<String, byte[]> keys = new ConcurrentHashMap<>(
            Map.of(KEY, DataKey.generate().reveal(), OLD_KEY, DataKey.generate().reveal()));
    volatile @Nullable String sessionToken;

    @Override
    protected Answer answer(HttpExchange request, byte[] body) {
        var refusal = refusal(request, body);
        if (refusal != null) {
            return refusal;
        }
        if (!header(request, "Content-Type").equals("application/x-amz-json-1.1")) {
            return error(400, "SerializationException", "not JSON 1.1");
        }
        var json = json(body);
        var arn = String.valueOf(json.get("KeyId"));
        var key = keys.get(arn);
        if (key == null) {
            return error(400, "NotFoundException", "Key '" + arn + "' does not exist");
        }
        var context = String.valueOf(json.get("EncryptionContext")).getBytes(StandardCharsets.UTF_8);
        return switch (header(request, "X-Amz-Target")) {
            case "TrentService.Encrypt" ->
                new Answer(
                        200,
                        Map.of(
                                "CiphertextBlob",
                                Base64.getEncoder()
                                        .encodeToString(AesGcm.seal(key, context, base64(json.get("Plaintext")))),
                                "EncryptionAlgorithm",
                                "SYMMETRIC_DEFAULT",
                                "KeyId",
                                arn));
            case "TrentService.Decrypt" -> {
                try {
                    var plaintext = AesGcm.open(key, context, base64(json.get("CiphertextBlob")));
                    yield new Answer(
                            200,
                            Map.of(
                                    "Plaintext",
                                    Base64.getEncoder().encodeToString(plaintext),
                                    "EncryptionAlgorithm",
                                    "SYMMETRIC_DEFAULT",
                                    "KeyId",
                                    arn));
                } catch (NotDecryptable e) {
                    yield new Answer(400, Map.of("__type", "InvalidCiphertextException"));
                }
            }
            default -> error(400, "UnknownOperationException", "");
        };
    }

    /// The key is gone, as after its deletion.
    void delete(String arn) {
        keys.remove(arn);
    }

    /// What AWS says to a request that is not signed rightly, or null.
    private @Nullable Answer refusal(HttpExchange request, byte[] body) {
        var match = AUTHORIZATION.matcher(header(request, "Authorization"));
        if (!match.matches()) {
            return error(403, "IncompleteSignatureException", "Authorization header requires …");
        }
        if (!match.group(1).equals(ACCESS_KEY)) {
            return error(403, "UnrecognizedClientException", "The security token included in the request is invalid.");
        }
        var timestamp = header(request, "X-Amz-Date");
        var at = LocalDateTime.parse(timestamp, TIMESTAMP).toInstant(ZoneOffset.UTC);
        if (Duration.between(at, Instant.now()).abs().compareTo(Duration.ofMinutes(15)) > 0
                || !timestamp.startsWith(match.group(2))) {
            return error(403, "InvalidSignatureException", "Signature expired");
        }
        if (!match.group(3).equals("eu-central-1") || !match.group(4).equals("kms")) {
            return error(403, "InvalidSignatureException", "Credential should be scoped to a valid region.");
        }
        var names = List.of(match.group(5).split(";"));
        if (!names.containsAll(List.of("host", "x-amz-date", "x-amz-target"))
                || !names.equals(names.stream().sorted().toList())) {
            return error(403, "InvalidSignatureException", "headers must be signed");
        }
        if (sessionToken != null
                && !(names.contains("x-amz-security-token")
                        && sessionToken.equals(header(request, "X-Amz-Security-Token")))) {
            return error(403, "UnrecognizedClientException", "The security token included in the request is invalid.");
        }
        var lines = new ArrayList<String>(
                List.of(request.getRequestMethod(), request.getRequestURI().getPath(), ""));
        for (var name : names) {
            lines.add(name + ":" + header(request, name));
        }
        lines.addAll(List.of("", match.group(5), hex(sha256(body))));
        var scope = match.group(2) + "/" + match.group(3) + "/" + match.group(4) + "/aws4_request";
        var toSign =
                String.join("\n", "AWS4-HMAC-SHA256", timestamp, scope, hex(sha256(bytes(String.join("\n", lines)))));
        byte[] key = bytes("AWS4" + SECRET_KEY);
        for (var part : scope.split("/")) {
            key = mac(key, part);
        }
        var expected = mac(key, toSign);
        return MessageDigest.isEqual(expected, HexFormat.of().parseHex(match.group(6)))
                ? null
                : error(
                        403,
                        "InvalidSignatureException",
                        "The request signature we calculated does not match the signature you provided.");
    }

    private static Answer error(int status, String type, String message) {
        return new Answer(status, Map.of("__type", type, "message", message));
    }

    private static byte[] base64(@Nullable Object text) {
        return Base64.getDecoder().decode(String.valueOf(text));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    private static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /// One step of the key derivation.
    private static byte[] mac(byte[] key, String text) {
        try {
            var mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            return mac.doFinal(bytes(text));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
