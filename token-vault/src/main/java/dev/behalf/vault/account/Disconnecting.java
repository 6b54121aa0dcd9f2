package dev.behalf.vault.account;

import dev.behalf.kernel.secret.Secret;
import dev.behalf.vault.connection.Connection;
import dev.behalf.vault.connection.Connections;
import dev.behalf.vault.crypto.NotDecryptable;
import dev.behalf.vault.provider.Catalogue;
import dev.behalf.vault.provider.OAuthProvider;
import dev.behalf.vault.provider.Provider;
import dev.behalf.vault.provider.ProviderId;
import dev.behalf.vault.provider.RemovedProviders;
import dev.behalf.vault.upstream.RevocationOutcome;
import dev.behalf.vault.upstream.Upstream;
import jakarta.inject.Singleton;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/// Ends a connection: at the provider if that has a way, and here whatever comes of that.
@Singleton
public final class Disconnecting {

    private static final Logger log = LoggerFactory.getLogger(Disconnecting.class);

    private final Connections connections;
    private final Catalogue catalogue;
    private final RemovedProviders removed;
    private final Upstream upstream;

    Disconnecting(Connections connections, Catalogue catalogue, RemovedProviders removed, Upstream upstream) {
        this.connections = connections;
        this.catalogue = catalogue;
        this.removed = removed;
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
    public Mono<Optional<Secret>> toRevoke(Connection connection) {
        return connections
                .tokens(connection)
                .map(tokens -> Optional.of(tokens.refresh() == null ? tokens.access() : tokens.refresh()))
                .onErrorResume(
                        fault -> fault instanceof NotDecryptable || fault instanceof IllegalStateException, fault -> {
                            log.warn("The tokens of {} cannot be revoked: {}", connection.id(), fault.getMessage());
                            return Mono.just(Optional.empty());
                        })
                .defaultIfEmpty(Optional.empty());
    }

    /// What comes of a connection that has no token to revoke.
    public static Mono<RevocationOutcome> notOpened() {
        return Mono.just(new RevocationOutcome.Failed("the tokens could not be opened", false));
    }

    /// Ends the token at that provider, if it came from there.
    public Mono<RevocationOutcome> revoke(Connection connection, Provider provider, Secret token) {
        if (!(provider instanceof OAuthProvider oauth) || oauth.revocation() == null) {
            return Mono.just(new RevocationOutcome.NotSupported());
        }
        return connection.issuance().mayRevokeAt(oauth)
                ? upstream.revoke(oauth, token)
                        .onErrorReturn(new RevocationOutcome.Failed("the provider could not be asked", true))
                : Mono.just(new RevocationOutcome.Failed("the provider is another one than it was", false));
    }

    private Mono<RevocationOutcome> revoke(Connection connection, Secret token) {
        return catalogue
                .find(new ProviderId(connection.provider()))
                .switchIfEmpty(
                        Mono.defer(() -> removed.find(connection.issuance().instance())))
                .flatMap(provider -> revoke(connection, provider, token))
                .defaultIfEmpty(new RevocationOutcome.NotSupported())
                .onErrorReturn(new RevocationOutcome.Failed("the provider could not be asked", true))
                .flatMap(outcome -> outcome instanceof RevocationOutcome.Revoked
                        ? connections.revoked(connection).thenReturn(outcome)
                        : Mono.just(outcome));
    }
}
