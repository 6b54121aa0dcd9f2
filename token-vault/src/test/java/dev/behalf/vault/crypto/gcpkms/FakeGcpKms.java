package dev.behalf.vault.crypto.gcpkms;

import com.sun.net.httpserver.HttpExchange;
import dev.behalf.vault.crypto.AesGcm;
import dev.behalf.vault.crypto.DataKey;
import dev.behalf.vault.crypto.FakeKeyService;
import dev.behalf.vault.crypto.NotDecryptable;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;
import java.util.zip.Checksum;
import org.jspecify.annotations.Nullable;

/// Cloud KMS as its REST reference describes it, with one key, and the metadata server beside it.
final class FakeGcpKms extends FakeKeyService {

    static final String KEY = "projects/behalf-test/locations/europe/keyRings/vault/cryptoKeys/tokens";

    private final List<byte[]> versions =
            new ArrayList<>(List.of(DataKey.generate().reveal()));
    volatile String accessToken = "ya29.of-this-test";
    volatile long expiresIn = 3600;

    /// Breaks the answers on their way, as the checksums are there to notice.
    volatile boolean garbling;

    @Override
    protected synchronized Answer answer(HttpExchange request, byte[] body) {
        var path = request.getRequestURI().getPath();
        if (path.equals("/computeMetadata/v1/instance/service-accounts/default/token")) {
            return header(request, "Metadata-Flavor").equals("Google")
                    ? new Answer(
                            200, Map.of("access_token", accessToken, "expires_in", expiresIn, "token_type", "Bearer"))
                    : new Answer(403, "Missing Metadata-Flavor:Google header");
        }
        if (!header(request, "Authorization").equals("Bearer " + accessToken)) {
            return error(401, "UNAUTHENTICATED");
        }
        return switch (path) {
            case "/v1/" + KEY ->
                new Answer(
                        200, Map.of("name", KEY, "purpose", "ENCRYPT_DECRYPT", "primary", Map.of("name", primary())));
            case "/v1/" + KEY + ":encrypt" -> encrypt(json(body));
            case "/v1/" + KEY + ":decrypt" -> decrypt(json(body));
            default -> error(404, "NOT_FOUND");
        };
    }

    synchronized void rotate() {
        versions.add(DataKey.generate().reveal());
    }

    private String primary() {
        return KEY + "/cryptoKeyVersions/" + versions.size();
    }

    private Answer encrypt(Map<String, @Nullable Object> json) {
        var sealed =
                AesGcm.seal(versions.getLast(), bytes(json, "additionalAuthenticatedData"), bytes(json, "plaintext"));
        // As the real one does, the version is part of the ciphertext
        var ciphertext = new byte[sealed.length + 1];
        ciphertext[0] = (byte) versions.size();
        System.arraycopy(sealed, 0, ciphertext, 1, sealed.length);
        var answer = new HashMap<String, Object>();
        answer.put("name", primary());
        answer.put("verifiedPlaintextCrc32c", isRight(json, "plaintext"));
        answer.put("verifiedAdditionalAuthenticatedDataCrc32c", isRight(json, "additionalAuthenticatedData"));
        answer.put("protectionLevel", "SOFTWARE");
        put(answer, "ciphertext", ciphertext);
        return new Answer(200, answer);
    }

    private Answer decrypt(Map<String, @Nullable Object> json) {
        var ciphertext = bytes(json, "ciphertext");
        if (!isRight(json, "ciphertext") || !isRight(json, "additionalAuthenticatedData")) {
            return error(400, "INVALID_ARGUMENT");
        }
        int version = ciphertext[0];
        if (version < 1 || version > versions.size()) {
            return error(400, "INVALID_ARGUMENT");
        }
        try {
            var plaintext = AesGcm.open(
                    versions.get(version - 1),
                    bytes(json, "additionalAuthenticatedData"),
                    java.util.Arrays.copyOfRange(ciphertext, 1, ciphertext.length));
            var answer = new HashMap<String, Object>();
            answer.put("usedPrimary", version == versions.size());
            answer.put("protectionLevel", "SOFTWARE");
            put(answer, "plaintext", plaintext);
            return new Answer(200, answer);
        } catch (NotDecryptable e) {
            return error(400, "INVALID_ARGUMENT");
        }
    }

    private void put(Map<String, Object> answer, String member, byte[] content) {
        var checksum = crc32c(content);
        if (garbling) {
            content[content.length - 1] ^= 1;
        }
        answer.put(member, Base64.getEncoder().encodeToString(content));
        answer.put(member + "Crc32c", checksum); // an int64 is a string in the JSON of protocol buffers
    }

    private static boolean isRight(Map<String, @Nullable Object> json, String member) {
        return crc32c(bytes(json, member)).equals(json.get(member + "Crc32c"));
    }

    private static byte[] bytes(Map<String, @Nullable Object> json, String member) {
        return Base64.getDecoder().decode(String.valueOf(json.get(member)));
    }

    private static String crc32c(byte[] bytes) {
        Checksum checksum = new CRC32C();
        checksum.update(bytes, 0, bytes.length);
        return Long.toString(checksum.getValue());
    }

    static Answer error(int code, String status) {
        return new Answer(code, Map.of("error", Map.of("code", code, "message", "no", "status", status)));
    }
}
