package dev.behalf.vault.crypto.transit;

import com.sun.net.httpserver.HttpExchange;
import dev.behalf.vault.crypto.AesGcm;
import dev.behalf.vault.crypto.DataKey;
import dev.behalf.vault.crypto.FakeKeyService;
import dev.behalf.vault.crypto.NotDecryptable;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The Transit engine of HashiCorp Vault as its API documentation describes it, with one key `behalf`.
public final class FakeTransit extends FakeKeyService {

    public static final String TOKEN = "hvs.token-of-this-test";

    private final List<byte[]> versions =
            new ArrayList<>(List.of(DataKey.generate().reveal()));
    private int minDecryptionVersion = 1;
    volatile @Nullable String namespace;

    @Override
    protected synchronized Answer answer(HttpExchange request, byte[] body) {
        if (!header(request, "X-Vault-Token").equals(TOKEN)) {
            return error(403, "permission denied");
        }
        if (namespace != null && !namespace.equals(header(request, "X-Vault-Namespace"))) {
            return error(403, "permission denied");
        }
        return switch (request.getRequestMethod() + " "
                + request.getRequestURI().getPath()) {
            case "POST /v1/transit/encrypt/behalf" ->
                encrypt(String.valueOf(json(body).get("plaintext")));
            case "POST /v1/transit/decrypt/behalf" -> {
                var plaintext = decrypt(String.valueOf(json(body).get("ciphertext")));
                yield plaintext == null
                        ? error(400, "cipher: message authentication failed")
                        : data(Map.of("plaintext", plaintext));
            }
            case "POST /v1/transit/rewrap/behalf" -> {
                var plaintext = decrypt(String.valueOf(json(body).get("ciphertext")));
                yield plaintext == null ? error(400, "invalid ciphertext: no prefix") : encrypt(plaintext);
            }
            case "POST /v1/transit/keys/behalf/rotate" -> {
                versions.add(DataKey.generate().reveal());
                yield new Answer(204, "");
            }
            case "GET /v1/transit/keys/behalf" -> {
                var keys = new HashMap<String, Object>();
                for (int i = 1; i <= versions.size(); i++) {
                    keys.put(Integer.toString(i), 1_700_000_000L);
                }
                yield data(Map.of(
                        "type",
                        "aes256-gcm96",
                        "keys",
                        keys,
                        "latest_version",
                        versions.size(),
                        "min_decryption_version",
                        minDecryptionVersion));
            }
            default -> new Answer(404, Map.of("errors", List.of()));
        };
    }

    synchronized void disallowBelow(int version) {
        minDecryptionVersion = version;
    }

    private Answer encrypt(String base64) {
        var plaintext = Base64.getDecoder().decode(base64);
        var sealed = AesGcm.seal(versions.getLast(), new byte[0], plaintext);
        return data(Map.of(
                "ciphertext",
                "vault:v" + versions.size() + ":" + Base64.getEncoder().encodeToString(sealed),
                "key_version",
                versions.size()));
    }

    private @Nullable String decrypt(String ciphertext) {
        var parts = ciphertext.split(":", 3);
        int version = Integer.parseInt(parts[1].substring(1));
        if (version < minDecryptionVersion || version > versions.size()) {
            return null;
        }
        try {
            return Base64.getEncoder()
                    .encodeToString(AesGcm.open(
                            versions.get(version - 1),
                            new byte[0],
                            Base64.getDecoder().decode(parts[2])));
        } catch (NotDecryptable | IllegalArgumentException e) {
            return null;
        }
    }

    private static Answer data(Map<String, Object> data) {
        return new Answer(200, Map.of("request_id", "1", "lease_id", "", "renewable", false, "data", data));
    }

    private static Answer error(int status, String message) {
        return new Answer(status, Map.of("errors", List.of(message)));
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
