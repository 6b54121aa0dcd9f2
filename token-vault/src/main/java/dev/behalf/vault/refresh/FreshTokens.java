package dev.behalf.vault.refresh;

import dev.behalf.vault.connection.Connection;
import dev.behalf.vault.connection.Connections;
import dev.behalf.vault.connection.TokenStatus;
import dev.behalf.vault.refresh.FreshToken.Good;
import dev.behalf.vault.refresh.FreshToken.NeedsReconnect;
import dev.behalf.vault.refresh.FreshToken.Unavailable;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import reactor.core.publisher.Mono;

/// Serves the access token of a connection: at once while it is good, after a refresh when it has expired. One
/// that is about to expire is served and refreshed meanwhile.
@Singleton
public final class FreshTokens {

    private static final String NOT_REFRESHABLE = "expired";
    private static final String ANOTHER_PROVIDER = "provider_changed";

    private final Connections connections;
    private final Refreshes refreshes;
    private final RefreshSettings settings;
    private final Clock clock;

    FreshTokens(Connections connections, Refreshes refreshes, RefreshSettings settings, Clock clock) {
        this.connections = connections;
        this.refreshes = refreshes;
        this.settings = settings;
        this.clock = clock;
    }

    /// What there is to serve of that connection; nothing when there is none.
    public Mono<FreshToken> of(UUID id) {
        return connections.find(id).flatMap(this::of);
    }

    /// The same for who asks for a new one: it is refreshed first, unless there is more left of it than
    /// [TokenStatus#SOON].
    public Mono<FreshToken> renewed(UUID id) {
        return connections.find(id).flatMap(connection -> {
            var now = clock.instant();
            return TokenStatus.of(connection.expiresAt(), now) == TokenStatus.EXPIRING_SOON
                            && connection.refreshable()
                            && connection.obstacle() == null
                            && connection.mayTryAt(now)
                    ? refreshes
                            .begin(connection)
                            .timeout(settings.waitAtMost(), Mono.empty())
                            .then(of(id))
                    : of(connection);
        });
    }

    /// The same of one that was read this moment.
    public Mono<FreshToken> of(Connection connection) {
        var now = clock.instant();
        if (connection.obstacle() != null) {
            return Mono.just(new NeedsReconnect(connection, connection.obstacle()));
        }
        if (connection.isLiveAt(now)) {
            if (connection.isDueAt(now) && connection.refreshable() && connection.mayTryAt(now)) {
                refreshes.begin(connection); // nobody waits for it
            }
            return connections
                    .tokens(connection)
                    .<FreshToken>map(tokens -> new Good(connection, tokens))
                    .switchIfEmpty(Mono.defer(() -> of(connection.id()))); // ended or replaced this moment
        }
        if (!connection.refreshable()) {
            return connections
                    .obstructed(connection, NOT_REFRESHABLE)
                    .thenReturn(new NeedsReconnect(connection, NOT_REFRESHABLE));
        }
        return refreshes
                .isOfAnother(connection)
                .flatMap(another -> another
                        ? Mono.just(new NeedsReconnect(connection, ANOTHER_PROVIDER))
                        : refreshed(connection, now));
    }

    private Mono<FreshToken> refreshed(Connection connection, Instant now) {
        if (!connection.mayTryAt(now)) {
            return Mono.just(unavailable(connection, now));
        }
        return refreshes
                .begin(connection)
                .then(Mono.defer(() -> connections.find(connection.id())))
                .flatMap(after -> after.isLiveAt(clock.instant()) || after.obstacle() != null
                        ? of(after)
                        : Mono.just(unavailable(after, clock.instant())))
                .timeout(settings.waitAtMost(), Mono.just(new Unavailable(connection, Duration.ofSeconds(5))));
    }

    private static FreshToken unavailable(Connection connection, Instant now) {
        var retryAt = connection.retryAt();
        var wait = retryAt == null ? Duration.ZERO : Duration.between(now, retryAt);
        return new Unavailable(connection, wait.compareTo(Duration.ofSeconds(1)) < 0 ? Duration.ofSeconds(1) : wait);
    }
}
