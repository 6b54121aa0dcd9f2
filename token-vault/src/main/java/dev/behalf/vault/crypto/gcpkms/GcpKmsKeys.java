package dev.behalf.vault.crypto.gcpkms;

import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.outbound.HttpCallFailed;
import dev.behalf.kernel.outbound.HttpCaller;
import dev.behalf.kernel.outbound.HttpReply;
import dev.behalf.vault.crypto.CanonicalBytes;
import dev.behalf.vault.crypto.DataKey;
import dev.behalf.vault.crypto.KeyEncryptionKeys;
import dev.behalf.vault.crypto.KeysUnavailable;
import dev.behalf.vault.crypto.NotDecryptable;
import dev.behalf.vault.crypto.WrappedKey;
import io.micronaut.context.annotation.Requires;
import io.netty.handler.codec.http.HttpMethod;
import jakarta.inject.Singleton;
import java.net.URI;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// The provider `gcpkms`: `encrypt` and `decrypt` of Cloud KMS, with the checksums that its documentation asks
/// clients to send and to check. A key id is the resource name of the key's version. Keys that are not in the
/// settings are not asked for.
@Singleton
@Requires(beans = GcpKmsSettings.class)
final class GcpKmsKeys implements KeyEncryptionKeys {

    private static final String PREFIX = "gcpkms:";
    private static final String VERSION = "/cryptoKeyVersions/";
    private static final byte[] CONTEXT =
            CanonicalBytes.of("behalf.vault.data-key", 1).toBytes();
    private static final int MAX_RESPONSE_BYTES = 64 * 1024;

    private final GcpKmsSettings settings;
    private final AccessTokens tokens;
    private final HttpCaller http;

    GcpKmsKeys(GcpKmsSettings settings, Clock clock) {
        this.settings = settings;
        this.tokens = new AccessTokens(settings, clock);
        this.http = HttpCaller.trusted("vault-gcpkms", settings.answerWithin(), MAX_RESPONSE_BYTES);
    }

    @Override
    public String provider() {
        return "gcpkms";
    }

    @Override
    public boolean reads(String keyId) {
        return key(keyId).isPresent();
    }

    @Override
    public Mono<String> currentKeyId() {
        return call(HttpMethod.GET, settings.key(), null).map(reply -> {
            var json = json(reply, false);
            if (json.get("primary") instanceof Map<?, ?> primary
                    && primary.get("name") instanceof String name
                    && name.startsWith(settings.key() + VERSION)) {
                return PREFIX + name;
            }
            throw strange();
        });
    }

    /// The current one; earlier versions are not listed, but can be read.
    @Override
    public Mono<List<String>> keyIds() {
        return currentKeyId().map(List::of);
    }

    @Override
    public Mono<WrappedKey> wrap(DataKey key) {
        return post(settings.key(), "encrypt", "plaintext", key.reveal()).map(reply -> {
            var json = json(reply, false);
            if (!Boolean.TRUE.equals(json.get("verifiedPlaintextCrc32c"))
                    || !Boolean.TRUE.equals(json.get("verifiedAdditionalAuthenticatedDataCrc32c"))
                    || !(json.get("name") instanceof String name)
                    || !name.startsWith(settings.key() + VERSION)) {
                throw strange();
            }
            return new WrappedKey(PREFIX + name, checked(json, "ciphertext"));
        });
    }

    @Override
    public Mono<DataKey> unwrap(WrappedKey wrapped) {
        return Mono.justOrEmpty(key(wrapped.keyId()))
                .switchIfEmpty(Mono.error(() -> new NotDecryptable(NotDecryptable.Reason.UNKNOWN_KEY)))
                .flatMap(key -> post(key, "decrypt", "ciphertext", wrapped.bytes()))
                .map(reply -> DataKey.of(checked(json(reply, true), "plaintext")));
    }

    /// The resource name of the key whose version has that id, when it is one of ours.
    private Optional<String> key(String keyId) {
        var all = new ArrayList<>(settings.alsoRead());
        all.add(settings.key());
        return all.stream()
                .filter(key -> keyId.startsWith(PREFIX + key + VERSION))
                .findFirst();
    }

    private Mono<HttpReply> post(String key, String operation, String member, byte[] content) {
        return Mono.defer(() -> call(
                HttpMethod.POST,
                key + ":" + operation,
                Json.write(Map.of(
                        member,
                        Base64.getEncoder().encodeToString(content),
                        member + "Crc32c",
                        crc32c(content),
                        "additionalAuthenticatedData",
                        Base64.getEncoder().encodeToString(CONTEXT),
                        "additionalAuthenticatedDataCrc32c",
                        crc32c(CONTEXT)))));
    }

    private Mono<HttpReply> call(HttpMethod method, String path, byte @Nullable [] body) {
        var uri = URI.create(settings.endpoint() + "/v1/" + path);
        return tokens.token()
                .map(token -> Map.of("Authorization", "Bearer " + token.reveal(), "Content-Type", "application/json"))
                .flatMap(headers -> http.call(method, uri, headers, body))
                .onErrorMap(
                        HttpCallFailed.class, fault -> new KeysUnavailable("Google Cloud KMS: " + fault.getMessage()));
    }

    /// @param aboutCiphertext whether INVALID_ARGUMENT says that the ciphertext, the only thing that varies, is
    ///                        not good
    private static Map<String, @Nullable Object> json(HttpReply reply, boolean aboutCiphertext) {
        if (reply.status() == 200) {
            try {
                return reply.json();
            } catch (HttpCallFailed _) {
                throw strange();
            }
        }
        var status = status(reply);
        throw reply.status() == 400 && aboutCiphertext && status.equals("INVALID_ARGUMENT")
                ? new NotDecryptable(NotDecryptable.Reason.NOT_WRAPPED_BY_THIS_KEY)
                : new KeysUnavailable("Google Cloud KMS answered " + reply.status() + " " + status);
    }

    /// `error.status`, such as `PERMISSION_DENIED`.
    private static String status(HttpReply reply) {
        try {
            return reply.json().get("error") instanceof Map<?, ?> error
                            && error.get("status") instanceof String status
                            && status.matches("[A-Z_]{1,64}")
                    ? status
                    : "";
        } catch (HttpCallFailed _) {
            return "";
        }
    }

    /// The bytes of a member, if its checksum, an int64 and therefore a JSON string, is right.
    private static byte[] checked(Map<String, @Nullable Object> json, String member) {
        try {
            var bytes = Base64.getDecoder().decode(String.valueOf(json.get(member)));
            if (crc32c(bytes).equals(json.get(member + "Crc32c"))) {
                return bytes;
            }
        } catch (IllegalArgumentException _) {
            // as below
        }
        throw strange();
    }

    private static String crc32c(byte[] bytes) {
        var checksum = new CRC32C();
        checksum.update(bytes);
        return Long.toString(checksum.getValue());
    }

    private static KeysUnavailable strange() {
        return new KeysUnavailable("Google Cloud KMS answered something else than it should");
    }
}
