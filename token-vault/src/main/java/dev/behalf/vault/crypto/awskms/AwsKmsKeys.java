package dev.behalf.vault.crypto.awskms;

import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.outbound.HttpCallFailed;
import dev.behalf.kernel.outbound.HttpCaller;
import dev.behalf.kernel.outbound.HttpReply;
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
import java.util.Set;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// The provider `awskms`: `Encrypt` and `Decrypt` of AWS KMS (JSON 1.1, `TrentService`). A key id is the ARN of
/// the key; what KMS rotates behind an ARN is its own affair. Keys that are not in the settings are not asked
/// for.
@Singleton
@Requires(beans = AwsKmsSettings.class)
final class AwsKmsKeys implements KeyEncryptionKeys {

    private static final String PREFIX = "awskms:";
    private static final Map<String, String> CONTEXT = Map.of("behalf", "token-vault/data-key");
    private static final int MAX_RESPONSE_BYTES = 64 * 1024;

    /// What KMS says when the ciphertext is not one of this key and context.
    private static final Set<String> NOT_OURS = Set.of("InvalidCiphertextException", "IncorrectKeyException");

    private final AwsKmsSettings settings;
    private final Clock clock;
    private final CredentialSource credentials;
    private final SignatureV4 signature;
    private final HttpCaller http;
    private final URI endpoint;

    AwsKmsKeys(AwsKmsSettings settings, Clock clock) {
        this.settings = settings;
        this.clock = clock;
        this.credentials = new CredentialSource(settings, clock);
        this.signature = new SignatureV4(settings.region(), "kms");
        this.http = HttpCaller.trusted("vault-awskms", settings.answerWithin(), MAX_RESPONSE_BYTES);
        this.endpoint = settings.endpoint() != null ? settings.endpoint() : publicEndpoint(settings);
    }

    private static URI publicEndpoint(AwsKmsSettings settings) {
        var domain = settings.keyId().startsWith("arn:aws-cn:") ? "amazonaws.com.cn" : "amazonaws.com";
        return URI.create("https://kms." + settings.region() + "." + domain + "/");
    }

    @Override
    public String provider() {
        return "awskms";
    }

    @Override
    public boolean reads(String keyId) {
        return keyId.startsWith(PREFIX) && arns().contains(keyId.substring(PREFIX.length()));
    }

    @Override
    public Mono<String> currentKeyId() {
        return Mono.just(PREFIX + settings.keyId());
    }

    @Override
    public Mono<List<String>> keyIds() {
        return Mono.just(arns().stream().map(arn -> PREFIX + arn).toList());
    }

    @Override
    public Mono<WrappedKey> wrap(DataKey key) {
        return call("Encrypt", settings.keyId(), "Plaintext", key.reveal())
                .map(reply ->
                        new WrappedKey(PREFIX + settings.keyId(), bytes(reply, settings.keyId(), "CiphertextBlob")));
    }

    @Override
    public Mono<DataKey> unwrap(WrappedKey wrapped) {
        return Mono.defer(() -> {
            if (!reads(wrapped.keyId())) {
                return Mono.error(new NotDecryptable(NotDecryptable.Reason.UNKNOWN_KEY));
            }
            var arn = wrapped.keyId().substring(PREFIX.length());
            return call("Decrypt", arn, "CiphertextBlob", wrapped.bytes())
                    .map(reply -> DataKey.of(bytes(reply, arn, "Plaintext")));
        });
    }

    private List<String> arns() {
        var all = new ArrayList<>(settings.alsoRead());
        all.add(settings.keyId());
        return all;
    }

    private Mono<HttpReply> call(String operation, String arn, String member, byte[] content) {
        return Mono.defer(() -> {
                    var body = Json.write(Map.of(
                            "KeyId",
                            arn,
                            member,
                            Base64.getEncoder().encodeToString(content),
                            "EncryptionContext",
                            CONTEXT));
                    var headers = Map.of(
                            "Host",
                            host(),
                            "Content-Type",
                            "application/x-amz-json-1.1",
                            "X-Amz-Target",
                            "TrentService." + operation);
                    return credentials
                            .credentials()
                            .map(who -> signature.sign(headers, body, who, clock.instant()))
                            .flatMap(signed -> http.call(HttpMethod.POST, endpoint, signed, body));
                })
                .onErrorMap(HttpCallFailed.class, fault -> new KeysUnavailable("AWS KMS: " + fault.getMessage()));
    }

    private String host() {
        return endpoint.getPort() == -1 ? endpoint.getHost() : endpoint.getHost() + ":" + endpoint.getPort();
    }

    private static Map<String, @Nullable Object> json(HttpReply reply, String arn) {
        if (reply.status() != 200) {
            var type = type(reply);
            throw reply.status() == 400 && NOT_OURS.contains(type)
                    ? new NotDecryptable(NotDecryptable.Reason.NOT_WRAPPED_BY_THIS_KEY)
                    : new KeysUnavailable("AWS KMS answered " + reply.status() + " " + type);
        }
        var json = reply.json();
        if (!arn.equals(json.get("KeyId"))) {
            throw new KeysUnavailable("AWS KMS used another key than it was asked to");
        }
        return json;
    }

    /// `__type`, with or without the name space in front.
    private static String type(HttpReply reply) {
        try {
            var type = String.valueOf(reply.json().get("__type"));
            var name = type.substring(type.lastIndexOf('#') + 1);
            return name.matches("[A-Za-z]{1,64}") ? name : "";
        } catch (HttpCallFailed _) {
            return "";
        }
    }

    private static byte[] bytes(HttpReply reply, String arn, String member) {
        try {
            return Base64.getDecoder().decode(String.valueOf(json(reply, arn).get(member)));
        } catch (IllegalArgumentException | HttpCallFailed _) {
            throw new KeysUnavailable("AWS KMS answered something else than it should");
        }
    }
}
