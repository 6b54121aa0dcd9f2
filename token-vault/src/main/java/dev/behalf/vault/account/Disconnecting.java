package dev.behalf.vault.account;

import dev.behalf.kernel.secret.Secret;
import dev.behalf.vault.connection.Connection;
import dev.behalf.vault.connection.Connections;
import dev.behalf.vault.crypto.NotDecryptable;
import dev.behalf.vault.provider.Catalogue;
import dev.behalf.vault.provider.OAuthProvider;
import dev.behalf.vault.provider.ProviderId;
import dev.behalf.vault.upstream.RevocationOutcome;
import dev.behalf.vault.upstream.Upstream;
import jakarta.inject.Singleton;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/// Ends a connection: at the provider if that has a way, and here whatever comes of that.
@Singleton
final class Disconnecting {

    private static final Logger log = LoggerFactory.getLogger(Disconnecting.class);

    private final Connections connections;
    private final Catalogue catalogue;
    private final Upstream upstream;

    Disconnecting(Connections connections, Catalogue catalogue, Upstream upstream) {
        this.connections = connections;
        this.catalogue = catalogue;
        this.upstream = upstream;
    }

    /// Destroys the tokens, then ends them at the provider: from then on nobody is given one. Emits what came
    /// of the second.
    Mono<RevocationOutcome> disconnect(Connection connection) {
        return toRevoke(connection)
                .flatMap(token -> connections
                        .disconnect(connection)
                        .then(token.map(secret -> revoke(connection, secret)).orElseGet(Disconnecting::notOpened)));
    }

    /// The refresh token ends the access tokens with it (RFC 7009 §2.1). Empty when what is stored does not
    /// open: that is no reason to keep the connection. Fails, and nothing is ended, while the keys or the
    /// database are away.
    private Mono<Optional<Secret>> toRevoke(Connection connection) {
        return connections
                .tokens(connection)
                .map(tokens -> Optional.of(tokens.refresh() == null ? tokens.access() : tokens.refresh()))
                .onErrorResume(NotDecryptable.class, fault -> {
                    log.warn("The tokens of {} cannot be revoked: {}", connection.id(), fault.getMessage());
                    return Mono.just(Optional.empty());
                })
                .defaultIfEmpty(Optional.empty());
    }

    private static Mono<RevocationOutcome> notOpened() {
        return Mono.just(new RevocationOutcome.Failed("the tokens could not be opened"));
    }

    private Mono<RevocationOutcome> revoke(Connection connection, Secret token) {
        return catalogue
                .find(new ProviderId(connection.provider()))
                .ofType(OAuthProvider.class)
                .flatMap(provider ->
                        provider.revocation() == null || connection.issuance().mayRevokeAt(provider)
                                ? upstream.revoke(provider, token)
                                : Mono.just(new RevocationOutcome.Failed("the provider is another one than it was")))
                .defaultIfEmpty(new RevocationOutcome.NotSupported())
                .onErrorReturn(new RevocationOutcome.Failed("the provider could not be asked"))
                .flatMap(outcome -> outcome instanceof RevocationOutcome.Revoked
                        ? connections.revoked(connection).thenReturn(outcome)
                        : Mono.just(outcome));
    }
}
