package dev.behalf.vault.crypto.transit;

import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.outbound.HttpCallFailed;
import dev.behalf.kernel.outbound.HttpCaller;
import dev.behalf.kernel.outbound.HttpReply;
import dev.behalf.kernel.secret.Secret;
import dev.behalf.vault.crypto.DataKey;
import dev.behalf.vault.crypto.KeyEncryptionKeys;
import dev.behalf.vault.crypto.KeysUnavailable;
import dev.behalf.vault.crypto.NotDecryptable;
import dev.behalf.vault.crypto.WrappedKey;
import io.micronaut.context.annotation.Requires;
import io.netty.handler.codec.http.HttpMethod;
import jakarta.inject.Singleton;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/// The provider `transit`. A key id names the mount, the key and its version, which stands in each ciphertext:
/// `vault:v2:…`.
@Singleton
@Requires(beans = TransitSettings.class)
final class TransitKeys implements KeyEncryptionKeys {

    private static final Pattern CIPHERTEXT = Pattern.compile("vault:v([1-9][0-9]{0,8}):[A-Za-z0-9+/=]+");
    private static final int MAX_RESPONSE_BYTES = 64 * 1024;

    private final TransitSettings settings;
    private final HttpCaller http;
    private final String prefix;

    TransitKeys(TransitSettings settings) {
        this.settings = settings;
        this.http = HttpCaller.trusted("vault-transit", settings.answerWithin(), MAX_RESPONSE_BYTES);
        this.prefix = provider() + ":" + settings.mount() + "/" + settings.key() + ":v";
    }

    @Override
    public String provider() {
        return "transit";
    }

    @Override
    public boolean reads(String keyId) {
        return keyId.startsWith(prefix);
    }

    @Override
    public Mono<String> currentKeyId() {
        return describe().map(data -> prefix + number(data, "latest_version"));
    }

    @Override
    public Mono<List<String>> keyIds() {
        return describe().map(data -> {
            long oldest = number(data, "min_decryption_version");
            long newest = number(data, "latest_version");
            // More versions than anybody lists: the newest are told.
            return java.util.stream.LongStream.rangeClosed(Math.max(Math.max(1, oldest), newest - 999), newest)
                    .mapToObj(version -> prefix + version)
                    .toList();
        });
    }

    @Override
    public Mono<WrappedKey> wrap(DataKey key) {
        return Mono.defer(() ->
                        post("encrypt", Map.of("plaintext", Base64.getEncoder().encodeToString(key.reveal()))))
                .map(reply -> wrapped(data(reply, false)));
    }

    @Override
    public Mono<DataKey> unwrap(WrappedKey wrapped) {
        return Mono.defer(() -> post("decrypt", Map.of("ciphertext", ciphertext(wrapped))))
                .map(reply -> plaintext(data(reply, true)));
    }

    /// The data key does not leave the server.
    @Override
    public Mono<WrappedKey> rewrap(WrappedKey wrapped) {
        return Mono.defer(() -> post("rewrap", Map.of("ciphertext", ciphertext(wrapped))))
                .map(reply -> wrapped(data(reply, true)));
    }

    @Override
    public Mono<String> makeKey() {
        return call(HttpMethod.POST, "keys/" + settings.key() + "/rotate", Json.write(Map.of()))
                .doOnNext(reply -> {
                    if (reply.status() / 100 != 2) {
                        throw refused(reply);
                    }
                })
                .then(Mono.defer(this::currentKeyId));
    }

    private Mono<Map<?, ?>> describe() {
        return call(HttpMethod.GET, "keys/" + settings.key(), null).map(reply -> data(reply, false));
    }

    private Mono<HttpReply> post(String operation, Map<String, String> body) {
        return call(HttpMethod.POST, operation + "/" + settings.key(), Json.write(body));
    }

    private Mono<HttpReply> call(HttpMethod method, String path, byte @Nullable [] body) {
        var uri = URI.create(settings.url() + "/v1/" + settings.mount() + "/" + path);
        return Mono.fromCallable(() -> headers(Secret.read(settings.tokenFile())))
                .subscribeOn(Schedulers.boundedElastic())
                .onErrorMap(_ -> new KeysUnavailable("the token file of transit cannot be read"))
                .flatMap(headers -> http.call(method, uri, headers, body))
                .onErrorMap(HttpCallFailed.class, fault -> new KeysUnavailable("transit: " + fault.getMessage()));
    }

    private Map<String, String> headers(Secret token) {
        var headers = new LinkedHashMap<String, String>();
        headers.put("X-Vault-Token", token.reveal());
        headers.put("X-Vault-Request", "true");
        headers.put("Content-Type", "application/json");
        if (settings.namespace() != null) {
            headers.put("X-Vault-Namespace", settings.namespace());
        }
        return headers;
    }

    /// @param aboutCiphertext whether a 400 says that the ciphertext, the only thing that varies, is not good
    private static Map<?, ?> data(HttpReply reply, boolean aboutCiphertext) {
        if (reply.status() == 400 && aboutCiphertext) {
            throw new NotDecryptable(NotDecryptable.Reason.NOT_WRAPPED_BY_THIS_KEY);
        }
        if (reply.status() != 200) {
            throw refused(reply);
        }
        try {
            if (reply.json().get("data") instanceof Map<?, ?> data) {
                return data;
            }
        } catch (HttpCallFailed _) {
            // as below
        }
        throw strange();
    }

    private WrappedKey wrapped(Map<?, ?> data) {
        if (data.get("ciphertext") instanceof String text) {
            var match = CIPHERTEXT.matcher(text);
            if (match.matches()) {
                return new WrappedKey(prefix + match.group(1), text.getBytes(StandardCharsets.US_ASCII));
            }
        }
        throw strange();
    }

    private static DataKey plaintext(Map<?, ?> data) {
        if (data.get("plaintext") instanceof String text) {
            try {
                return DataKey.of(Base64.getDecoder().decode(text));
            } catch (IllegalArgumentException _) {
                // as below
            }
        }
        throw strange();
    }

    private String ciphertext(WrappedKey wrapped) {
        var text = new String(wrapped.bytes(), StandardCharsets.US_ASCII);
        var match = CIPHERTEXT.matcher(text);
        if (!match.matches() || !wrapped.keyId().equals(prefix + match.group(1))) {
            throw new NotDecryptable(NotDecryptable.Reason.MALFORMED);
        }
        return text;
    }

    private static long number(Map<?, ?> data, String name) {
        if (data.get(name) instanceof Long number) {
            return number;
        }
        throw strange();
    }

    /// 403: the token; 404: the mount or key; 429: a limit; 503: sealed. All are the operator's to mend.
    private static KeysUnavailable refused(HttpReply reply) {
        return new KeysUnavailable("transit answered " + reply.status());
    }

    private static KeysUnavailable strange() {
        return new KeysUnavailable("transit answered something else than it should");
    }
}
