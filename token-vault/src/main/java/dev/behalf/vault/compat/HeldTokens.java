package dev.behalf.vault.compat;

import dev.behalf.kernel.secret.Secret;
import dev.behalf.vault.connection.Connection;
import dev.behalf.vault.connection.Connections;
import dev.behalf.vault.crypto.NotDecryptable;
import dev.behalf.vault.provider.Provider;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.UUID;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// A user's connections at a provider, found by what the user's program has of them.
@Singleton
final class HeldTokens {

    private static final int MOST = 20;

    private final Connections connections;

    HeldTokens(Connections connections) {
        this.connections = connections;
    }

    Mono<Connection> byId(String owner, Provider provider, UUID id) {
        return all(owner, provider)
                .filter(connection -> connection.id().equals(id))
                .next();
    }

    /// The one whose present access token it is.
    Mono<Connection> byToken(String owner, Provider provider, Secret accessToken) {
        return all(owner, provider)
                .take(MOST)
                .concatMap(connection -> connections
                        .tokens(connection)
                        .onErrorResume(NotDecryptable.class, _ -> Mono.empty())
                        .filter(tokens -> isSame(tokens.access(), accessToken))
                        .map(_ -> connection))
                .next();
    }

    private Flux<Connection> all(String owner, Provider provider) {
        return connections
                .ofOwner(owner)
                .filter(connection -> connection.provider().equals(provider.id().name())
                        && connection.issuance().isBy(provider));
    }

    private static boolean isSame(Secret one, Secret other) {
        return MessageDigest.isEqual(
                one.reveal().getBytes(StandardCharsets.UTF_8), other.reveal().getBytes(StandardCharsets.UTF_8));
    }
}
