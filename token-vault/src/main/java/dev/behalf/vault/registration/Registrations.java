package dev.behalf.vault.registration;

import dev.behalf.kernel.database.Database;
import dev.behalf.kernel.outbound.HttpReply;
import dev.behalf.kernel.outbound.OutboundPolicy;
import dev.behalf.kernel.problem.Problem;
import dev.behalf.kernel.problem.ProblemException;
import dev.behalf.kernel.secret.Secret;
import dev.behalf.vault.connect.RedirectUris;
import dev.behalf.vault.discovery.DiscoveredServer;
import dev.behalf.vault.provider.ClientAuthentication;
import dev.behalf.vault.provider.RegisteredClients;
import dev.behalf.vault.secret.OpenedSecret;
import dev.behalf.vault.secret.SealedSecrets;
import dev.behalf.vault.secret.SecretLabel;
import io.micronaut.http.HttpStatus;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.util.retry.Retry;

/// The vault's registrations. One for each issuer: whoever needs it first makes it, in this replica by what is
/// in flight, among replicas by a lease. It is made anew when its secret has expired or the server has
/// forgotten the client, and only then: a new client has none of the old one's refresh tokens.
@Singleton
final class Registrations implements RegisteredClients {

    private static final Logger log = LoggerFactory.getLogger(Registrations.class);
    private static final Duration LOOK_EVERY = Duration.ofMillis(200);
    private static final Duration PAUSE = Duration.ofSeconds(30);

    /// RFC 7592 §2.2: what a client does not send back.
    private static final Set<String> OF_THE_SERVER = Set.of(
            "client_secret",
            "client_secret_expires_at",
            "client_id_issued_at",
            "registration_access_token",
            "registration_client_uri");

    private final RegistrationTable table;
    private final RegistrationCalls calls;
    private final SealedSecrets secrets;
    private final Database database;
    private final RedirectUris redirectUris;
    private final OutboundPolicy policy;
    private final RegistrationSettings settings;
    private final Clock clock;
    private final ConcurrentMap<String, Sinks.One<Registration>> inFlight = new ConcurrentHashMap<>();

    Registrations(
            RegistrationTable table,
            RegistrationCalls calls,
            SealedSecrets secrets,
            Database database,
            RedirectUris redirectUris,
            OutboundPolicy policy,
            RegistrationSettings settings,
            Clock clock) {
        this.table = table;
        this.calls = calls;
        this.secrets = secrets;
        this.database = database;
        this.redirectUris = redirectUris;
        this.policy = policy;
        this.settings = settings;
        this.clock = clock;
    }

    @Override
    public Mono<Client> known(String issuer) {
        return table.find(issuer).flatMap(registration -> Mono.justOrEmpty(client(registration)));
    }

    @Override
    public Mono<Client> current(String issuer) {
        return renewed(issuer, null, false)
                .onErrorMap(RegistrationFailed.class, Registrations::unavailable)
                .flatMap(registration -> Mono.justOrEmpty(client(registration)));
    }

    @Override
    public Mono<Client> register(DiscoveredServer server, Set<String> scopes, @Nullable Secret initialAccessToken) {
        return Mono.defer(() -> {
                    if (server.registration() == null) {
                        throw RegistrationFailed.unfit("the server does not register clients: give client.id");
                    }
                    return table.prepare(
                            server.issuer(),
                            server.registration(),
                            authentication(server),
                            scopes.isEmpty() ? null : String.join(" ", scopes));
                })
                .then(Mono.defer(() -> renewed(server.issuer(), initialAccessToken, true)))
                .onErrorMap(RegistrationFailed.class, Registrations::problem)
                .flatMap(registration -> Mono.justOrEmpty(client(registration)));
    }

    @Override
    public Mono<Secret> secret(String issuer, String clientId) {
        return table.find(issuer)
                .filter(registration -> clientId.equals(registration.clientId()))
                .flatMap(this::credentials)
                .flatMap(credentials -> Mono.justOrEmpty(credentials.clientSecret()));
    }

    @Override
    public Mono<Void> refused(String issuer, String clientId) {
        return table.lost(issuer, clientId, now())
                .filter(lost -> lost)
                .doOnNext(_ -> {
                    log.warn("The authorization server {} does not know the client of this vault any more", issuer);
                    var _ = renewed(issuer, null, false)
                            .subscribe(
                                    _ -> {},
                                    fault -> log.warn(
                                            "The vault is not registered at {}: {}", issuer, fault.getMessage()));
                })
                .then();
    }

    @Override
    public Mono<Void> release(String issuer) {
        return table.find(issuer)
                .flatMap(registration -> atServer(registration)
                        .onErrorResume(RegistrationFailed.class, fault -> {
                            log.warn("The client of this vault stays at {}: {}", issuer, fault.getMessage());
                            return Mono.empty();
                        })
                        .then(database.transaction(
                                connection -> secrets.shredOwner(connection, SecretLabel.TENANT, registration.owner())
                                        .then(table.delete(connection, registration.id())))))
                .then();
    }

    /// As it is known here.
    Mono<Registration> find(String issuer) {
        return table.find(issuer);
    }

    /// Has the server say it again (RFC 7592 §2.1), and keeps that.
    Mono<Registration> read(String issuer) {
        return managed(issuer, (registration, token) -> calls.read(registration, token));
    }

    /// Changes members of its metadata (RFC 7592 §2.2); null removes one.
    Mono<Registration> update(String issuer, Map<String, @Nullable Object> changes) {
        for (var name : changes.keySet()) {
            if (OF_THE_SERVER.contains(name) || name.equals("client_id") || name.equals("redirect_uris")) {
                throw ProblemException.badRequest(
                        (name.matches("[a-z_]+") ? name : "a member") + " is not the operator's to change");
            }
        }
        return managed(issuer, (registration, token) -> {
            var metadata = metadata(registration);
            changes.forEach((name, value) -> {
                if (value == null) {
                    metadata.remove(name);
                } else {
                    metadata.put(name, value);
                }
            });
            return calls.update(registration, token, metadata);
        });
    }

    /// Registers anew, and gives up the client that was there.
    Mono<Registration> again(String issuer, @Nullable Secret initialAccessToken) {
        return leased(issuer, (seen, credentials) -> anew(seen, credentials, initialAccessToken, true));
    }

    /// Gives the client up, there (RFC 7592 §2.3) and here. Emits whether the server has deleted it; false: it
    /// has no way, or refused.
    Mono<Boolean> delete(String issuer) {
        return leased(
                issuer,
                (seen, _) -> atServer(seen)
                        .thenReturn(true)
                        .onErrorResume(
                                RegistrationFailed.class,
                                fault -> fault.kind() == RegistrationFailed.Kind.AWAY
                                        ? Mono.error(fault)
                                        : Mono.just(false))
                        .map(done -> done && seen.managementUrl() != null)
                        .flatMap(done ->
                                store(seen, ended(seen), Credentials.NONE).thenReturn(done)));
    }

    private interface ManagementCall {
        Mono<HttpReply> make(Registration registration, Secret accessToken);
    }

    private interface Change<T> {
        Mono<T> make(Registration seen, Credentials credentials);
    }

    private Mono<Registration> managed(String issuer, ManagementCall call) {
        return leased(issuer, (seen, credentials) -> {
            if (seen.clientId() == null || seen.managementUrl() == null || credentials.accessToken() == null) {
                throw new ProblemException(HttpStatus.CONFLICT, "the server does not let this client be managed");
            }
            return managed(seen, credentials, redirectUris.all(), call)
                    .flatMap(next -> store(seen, next.registration(), next.credentials()));
        });
    }

    private record Next(Registration registration, Credentials credentials) {}

    private Mono<Next> managed(
            Registration seen, Credentials credentials, List<String> redirects, ManagementCall call) {
        var token = credentials.accessToken();
        return (token == null ? Mono.<HttpReply>empty() : call.make(seen, token))
                .map(reply -> RegistrationAnswer.read(reply, seen, redirects, policy))
                .map(answer -> next(seen, credentials, answer));
    }

    /// What an operator does, while nobody else changes the registration.
    ///
    /// Who leaves does not stop it: a server that has changed the client does not say its secrets twice.
    private <T> Mono<T> leased(String issuer, Change<T> change) {
        return Mono.defer(() -> changed(issuer, change).cache());
    }

    private <T> Mono<T> changed(String issuer, Change<T> change) {
        return table.find(issuer)
                .switchIfEmpty(Mono.error(() -> ProblemException.notFound("the vault is not registered there")))
                .flatMap(seen -> table.lease(seen, now(), now().plus(settings.lease()))
                        .filter(mine -> mine)
                        .switchIfEmpty(Mono.error(() -> new ProblemException(
                                HttpStatus.CONFLICT, "the registration is being changed by somebody else")))
                        .flatMap(_ -> credentials(seen)
                                .flatMap(credentials -> change.make(seen, credentials))
                                .onErrorResume(fault -> givenBack(seen, fault))))
                .onErrorMap(RegistrationFailed.class, Registrations::problem);
    }

    /// Emits the registration when it can be used. Who leaves does not stop it: a server that has registered
    /// the vault does not say its secret twice.
    private Mono<Registration> renewed(String issuer, @Nullable Secret initialAccessToken, boolean atOnce) {
        return Mono.defer(() -> {
            var mine = Sinks.<Registration>one();
            var other = inFlight.putIfAbsent(issuer, mine);
            if (other != null) {
                return other.asMono();
            }
            var _ = renew(issuer, initialAccessToken, atOnce)
                    .timeout(settings.lease())
                    .onErrorMap(
                            TimeoutException.class,
                            _ -> RegistrationFailed.away("another replica has not finished the registration in time"))
                    .doFinally(_ -> inFlight.remove(issuer, mine))
                    .subscribe(
                            registration -> {
                                var _ = mine.tryEmitValue(registration);
                            },
                            fault -> {
                                var _ = mine.tryEmitError(fault);
                            },
                            () -> {
                                var _ = mine.tryEmitEmpty();
                            });
            return mine.asMono();
        });
    }

    private Mono<Registration> renew(String issuer, @Nullable Secret initialAccessToken, boolean atOnce) {
        return table.find(issuer).flatMap(seen -> {
            var now = now();
            if (seen.isUsableAt(now) && isFit(seen)) {
                return Mono.just(seen);
            }
            boolean ended = seen.clientId() == null && seen.version() > 0;
            if (!atOnce && (ended || !seen.mayTryAt(now))) {
                return Mono.error(
                        RegistrationFailed.away(seen.obstacle() == null ? "there is no client" : seen.obstacle()));
            }
            return table.lease(seen, now, now.plus(settings.lease()))
                    .flatMap(mine -> mine
                            ? credentials(seen)
                                    .flatMap(credentials -> renew(seen, credentials, initialAccessToken))
                                    .onErrorResume(fault -> givenBack(seen, fault))
                            // Another replica does it; if it does not succeed, neither would this one.
                            : Mono.delay(LOOK_EVERY).then(Mono.defer(() -> renew(issuer, initialAccessToken, false))));
        });
    }

    private Mono<Registration> renew(Registration seen, Credentials credentials, @Nullable Secret initialAccessToken) {
        if (seen.clientId() == null || seen.managementUrl() == null || credentials.accessToken() == null) {
            return anew(seen, credentials, initialAccessToken, false);
        }
        return managed(seen, credentials, List.of(), calls::read)
                .flatMap(next -> isFit(next.registration())
                        ? Mono.just(next)
                        : managed(
                                seen,
                                next.credentials(),
                                redirectUris.all(),
                                (registration, token) -> calls.update(registration, token, metadata(registration))))
                .map(Optional::of)
                .onErrorResume(
                        RegistrationFailed.class,
                        fault -> fault.kind() == RegistrationFailed.Kind.AWAY
                                ? Mono.error(fault)
                                : Mono.just(Optional.empty()))
                .flatMap(next -> next.isPresent() && isFit(next.get().registration())
                        ? store(seen, next.get().registration(), next.get().credentials())
                        : anew(seen, credentials, initialAccessToken, next.isPresent()));
    }

    /// Whether the client can send users there, whatever the server has said of it since.
    private boolean isFit(Registration registration) {
        return !registration.isExpiredAt(now())
                && (!(registration.metadata().get("redirect_uris") instanceof List<?> list)
                        || list.containsAll(redirectUris.all()));
    }

    /// @param giveUp whether the client that was there is to be deleted
    private Mono<Registration> anew(
            Registration seen, Credentials before, @Nullable Secret initialAccessToken, boolean giveUp) {
        return calls.register(seen.endpoint(), toRegister(seen), initialAccessToken)
                .map(reply -> RegistrationAnswer.read(reply, null, redirectUris.all(), policy))
                .map(answer -> next(seen, Credentials.NONE, answer))
                .flatMap(next -> store(seen, next.registration(), next.credentials()))
                .flatMap(stored -> giveUp
                        ? atServer(seen, before)
                                .onErrorResume(RegistrationFailed.class, _ -> Mono.empty())
                                .thenReturn(stored)
                        : Mono.just(stored));
    }

    private Map<String, Object> toRegister(Registration seen) {
        var metadata = new LinkedHashMap<String, Object>();
        metadata.put("client_name", settings.clientName());
        metadata.put("redirect_uris", redirectUris.all());
        metadata.put("grant_types", List.of("authorization_code", "refresh_token"));
        metadata.put("response_types", List.of("code"));
        metadata.put("token_endpoint_auth_method", seen.wanted());
        if (seen.scope() != null) {
            metadata.put("scope", seen.scope());
        }
        return metadata;
    }

    /// All of it, as RFC 7592 §2.2 wants it sent.
    private Map<String, Object> metadata(Registration registration) {
        var metadata = new LinkedHashMap<String, Object>();
        registration.metadata().forEach((name, value) -> {
            if (value != null && !OF_THE_SERVER.contains(name)) {
                metadata.put(name, value);
            }
        });
        metadata.put("client_id", String.valueOf(registration.clientId()));
        metadata.put("redirect_uris", redirectUris.all());
        return metadata;
    }

    private Next next(Registration seen, Credentials before, RegistrationAnswer answer) {
        var said = answer.credentials();
        var now = now();
        var managementUrl = answer.managementUrl();
        boolean same = answer.clientId().equals(seen.clientId());
        return new Next(
                new Registration(
                        seen.id(),
                        seen.issuer(),
                        seen.endpoint(),
                        seen.wanted(),
                        seen.scope(),
                        answer.clientId(),
                        answer.authentication(),
                        managementUrl == null && same ? seen.managementUrl() : managementUrl,
                        answer.metadata(),
                        // A server that says no secret again says nothing of when it ends, either
                        same && said.clientSecret() == null ? seen.secretExpiresAt() : answer.secretExpiresAt(),
                        false,
                        same ? seen.registeredAt() : now,
                        null,
                        now.plus(settings.againAfter()),
                        seen.version() + 1),
                new Credentials(
                        said.clientSecret() == null ? before.clientSecret() : said.clientSecret(),
                        said.accessToken() == null ? before.accessToken() : said.accessToken()));
    }

    private static Registration ended(Registration seen) {
        return new Registration(
                seen.id(),
                seen.issuer(),
                seen.endpoint(),
                seen.wanted(),
                seen.scope(),
                null,
                ClientAuthentication.NONE,
                null,
                Map.of(),
                null,
                false,
                null,
                "an operator has deleted the registration",
                null,
                seen.version() + 1);
    }

    /// What the server gave exists nowhere else: it is tried again until it is stored.
    private Mono<Registration> store(Registration seen, Registration next, Credentials credentials) {
        return Mono.defer(() -> secrets.version(seen.label())
                        .flatMap(version -> secrets.seal(seen.label(), version + 1, credentials.sealed()))
                        .flatMap(secret -> database.transaction(connection -> table.store(connection, next)
                                .filter(stored -> stored)
                                .flatMap(_ -> secrets.write(connection, secret)))))
                .retryWhen(Retry.backoff(10, Duration.ofMillis(100)).maxBackoff(Duration.ofSeconds(5)))
                .switchIfEmpty(Mono.error(
                        () -> RegistrationFailed.away("the registration was changed by somebody else meanwhile")))
                .thenReturn(next);
    }

    private <T> Mono<T> givenBack(Registration seen, Throwable fault) {
        var obstacle = fault instanceof RegistrationFailed failed
                ? String.valueOf(failed.getMessage())
                : "the vault could not finish it";
        return table.failed(seen, obstacle, now().plus(PAUSE)).onErrorComplete().then(Mono.error(fault));
    }

    private Mono<Void> atServer(Registration registration) {
        return credentials(registration).flatMap(credentials -> atServer(registration, credentials));
    }

    /// Deletes the client there; completes, too, when the server has no way.
    private Mono<Void> atServer(Registration registration, Credentials credentials) {
        if (registration.managementUrl() == null || credentials.accessToken() == null) {
            return Mono.empty();
        }
        return calls.delete(registration, credentials.accessToken()).flatMap(reply -> switch (reply.status()) {
            case 200, 204, 401, 404 -> Mono.<Void>empty(); // the latter two: it is not there (RFC 7592 §2.3)
            case 429, 500, 502, 503, 504 ->
                Mono.<Void>error(RegistrationFailed.away("the server does not delete clients now"));
            default -> Mono.<Void>error(RegistrationFailed.refused(reply.status(), null));
        });
    }

    private Mono<Credentials> credentials(Registration registration) {
        return secrets.get(registration.label())
                .map(OpenedSecret::value)
                .map(Credentials::opened)
                .defaultIfEmpty(Credentials.NONE);
    }

    private static String authentication(DiscoveredServer server) {
        for (var known : List.of("client_secret_basic", "client_secret_post", "none")) {
            if (server.clientAuthentications().contains(known)) {
                return known;
            }
        }
        throw RegistrationFailed.unfit("the server knows no client authentication that this vault has");
    }

    private static Optional<Client> client(Registration registration) {
        return Optional.ofNullable(registration.clientId()).map(id -> new Client(id, registration.authentication()));
    }

    private static ProblemException unavailable(RegistrationFailed fault) {
        return ProblemException.unavailable(
                "the vault is not registered at the provider: " + fault.getMessage(), (int) PAUSE.toSeconds());
    }

    private static ProblemException problem(RegistrationFailed fault) {
        return fault.kind() == RegistrationFailed.Kind.AWAY
                ? unavailable(fault)
                : new ProblemException(
                        Problem.of(HttpStatus.BAD_REQUEST, "not-registered", String.valueOf(fault.getMessage())));
    }

    /// PostgreSQL keeps microseconds.
    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MICROS);
    }
}
