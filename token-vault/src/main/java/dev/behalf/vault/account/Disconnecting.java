package dev.behalf.vault.account;

import dev.behalf.kernel.secret.Secret;
import dev.behalf.vault.connection.Connection;
import dev.behalf.vault.connection.Connections;
import dev.behalf.vault.provider.Catalogue;
import dev.behalf.vault.provider.OAuthProvider;
import dev.behalf.vault.provider.ProviderId;
import dev.behalf.vault.upstream.RevocationOutcome;
import dev.behalf.vault.upstream.Upstream;
import jakarta.inject.Singleton;
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
                .map(java.util.Optional::of)
                .defaultIfEmpty(java.util.Optional.empty())
                .flatMap(token -> connections
                        .disconnect(connection)
                        .then(Mono.justOrEmpty(token).flatMap(secret -> revoke(connection, secret)))
                        .defaultIfEmpty(new RevocationOutcome.NotSupported()));
    }

    /// The refresh token ends the access tokens with it (RFC 7009 §2.1). One that does not open is no reason to
    /// keep the connection.
    private Mono<Secret> toRevoke(Connection connection) {
        return connections
                .tokens(connection)
                .map(tokens -> tokens.refresh() == null ? tokens.access() : tokens.refresh())
                .onErrorResume(fault -> {
                    log.warn("The tokens of {} cannot be revoked: {}", connection.id(), fault.getMessage());
                    return Mono.empty();
                });
    }

    private Mono<RevocationOutcome> revoke(Connection connection, Secret token) {
        return catalogue
                .find(new ProviderId(connection.provider()))
                .ofType(OAuthProvider.class)
                .flatMap(provider -> upstream.revoke(provider, token))
                .onErrorReturn(new RevocationOutcome.Failed("the provider could not be asked"));
    }
}
