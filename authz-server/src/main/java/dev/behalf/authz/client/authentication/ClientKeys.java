package dev.behalf.authz.client.authentication;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.behalf.authz.client.Client;
import dev.behalf.authz.fetch.FetchedDocuments;
import dev.behalf.kernel.jose.InvalidJwt;
import dev.behalf.kernel.jose.KeySet;
import dev.behalf.kernel.outbound.HttpCallFailed;
import dev.behalf.kernel.outbound.HttpReply;
import dev.behalf.kernel.outbound.OutboundPolicy;
import jakarta.inject.Singleton;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/// The public keys of clients: out of their metadata, or from the URL that these name.
@Singleton
final class ClientKeys {

    private static final Logger log = LoggerFactory.getLogger(ClientKeys.class);

    /// Of the JSON of the keys that are remembered, which take some times as much memory.
    private static final int MOST_CHARACTERS = 1024 * 1024;

    private final FetchedDocuments<KeySet> fetched;
    private final Cache<String, KeySet> parsed = Caffeine.newBuilder()
            .maximumWeight(MOST_CHARACTERS)
            .<String, KeySet>weigher((json, _) -> json.length())
            .build();

    ClientKeys(OutboundPolicy policy, Clock clock) {
        this.fetched = new FetchedDocuments<>(policy, ClientKeys::read, clock);
    }

    /// The keys, as new as they must be to say whether there is one of that id; nothing when there are none to
    /// be had.
    Mono<KeySet> of(Client client, @Nullable String keyId) {
        var metadata = client.metadata();
        var inline = metadata.keys();
        if (inline != null) {
            return Mono.fromSupplier(() -> parsed.get(inline, ClientKeys::parse));
        }
        var uri = metadata.keysUri();
        if (uri == null) {
            return Mono.empty();
        }
        return fetched.get(uri)
                .flatMap(keys -> keys.mayHold(keyId) ? Mono.just(keys) : fetched.getAgain(uri))
                .onErrorResume(HttpCallFailed.class, failed -> {
                    log.info("The keys of client {} cannot be had: {}", client.id(), failed.getMessage());
                    return Mono.empty();
                });
    }

    private static KeySet parse(String json) {
        return KeySet.parse(json.getBytes(StandardCharsets.UTF_8));
    }

    private static KeySet read(URI uri, HttpReply reply) {
        try {
            return KeySet.parse(reply.body());
        } catch (InvalidJwt e) {
            throw new HttpCallFailed("its keys cannot be read: " + e.getMessage());
        }
    }
}
