package dev.behalf.vault.connect;

import dev.behalf.kernel.problem.ProblemException;
import dev.behalf.kernel.secret.Secret;
import dev.behalf.kernel.secret.Sha256;
import dev.behalf.vault.audit.AuditAction;
import dev.behalf.vault.audit.AuditEvent;
import dev.behalf.vault.audit.AuditLog;
import dev.behalf.vault.audit.AuditOutcome;
import dev.behalf.vault.connect.ConnectFailed.Reason;
import dev.behalf.vault.connection.Connection;
import dev.behalf.vault.connection.Connections;
import dev.behalf.vault.connection.Tokens;
import dev.behalf.vault.crypto.NotDecryptable;
import dev.behalf.vault.page.Site;
import dev.behalf.vault.provider.ApiKeyProvider;
import dev.behalf.vault.provider.Catalogue;
import dev.behalf.vault.provider.OAuthProvider;
import dev.behalf.vault.provider.Provider;
import dev.behalf.vault.provider.ProviderId;
import dev.behalf.vault.secret.OpenedSecret;
import dev.behalf.vault.secret.SealedSecrets;
import dev.behalf.vault.secret.SecretLabel;
import dev.behalf.vault.upstream.AccountInfo;
import dev.behalf.vault.upstream.AuthorizationParameters;
import dev.behalf.vault.upstream.RevocationOutcome;
import dev.behalf.vault.upstream.TokenOutcome;
import dev.behalf.vault.upstream.TokenSet;
import dev.behalf.vault.upstream.Upstream;
import dev.behalf.vault.upstream.UpstreamFailed;
import io.micronaut.http.HttpStatus;
import jakarta.inject.Singleton;
import java.net.URI;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/// Connects accounts. By an authorization request (RFC 6749 §4.1, with PKCE) that only the user who began it
/// can complete, once, within minutes; or by a key that the user brings.
@Singleton
public final class Connecting {

    private static final Logger log = LoggerFactory.getLogger(Connecting.class);

    /// @param state     comes back with the answer
    /// @param expiresAt from this instant on it is too late
    record Begun(URI authorizationUrl, String state, Instant expiresAt) {}

    /// What the provider sent the user back with (RFC 6749 §4.1.2, RFC 9207).
    record Answer(
            String state,
            @Nullable String code,
            @Nullable String iss,
            @Nullable String error) {}

    /// What a program of the user's has that hosts the callback itself, as Agent Runtimes sends it.
    ///
    /// @param provider    that the user was sent to
    /// @param verifier    of the challenge that it was begun with; null: it was begun with one of the vault's
    /// @param state       needed in that case
    /// @param redirectUri that it was begun with
    public record Code(
            ProviderId provider,
            String code,
            @Nullable String verifier,
            @Nullable String state,
            String redirectUri,
            @Nullable String iss) {}

    /// Where providers send people back to whom our own pages sent there.
    static final String CALLBACK = Site.CONNECTIONS + "/callback";

    private static final int RETRY_AFTER_SECONDS = 10;
    private static final String ONLY_ACCOUNT = "default";

    private final Catalogue catalogue;
    private final Upstream upstream;
    private final Connections connections;
    private final ConnectRequests requests;
    private final SealedSecrets secrets;
    private final ConnectSettings settings;
    private final AuditLog audit;
    private final Clock clock;
    private final URI callback;

    Connecting(
            Catalogue catalogue,
            Upstream upstream,
            Connections connections,
            ConnectRequests requests,
            SealedSecrets secrets,
            ConnectSettings settings,
            AuditLog audit,
            Site site,
            Clock clock) {
        this.catalogue = catalogue;
        this.upstream = upstream;
        this.connections = connections;
        this.requests = requests;
        this.secrets = secrets;
        this.settings = settings;
        this.audit = audit;
        this.clock = clock;
        this.callback = URI.create(site.url(CALLBACK));
    }

    /// What came of it.
    ///
    /// @param page where to go on, if it was begun at one of our own
    record Completed(Connection connection, @Nullable String page) {}

    /// Where to send the user, for an app.
    ///
    /// @param redirectUri one of those in the settings, as text
    /// @param scopes      beyond the provider's standard ones
    /// @param reconnect   the user's connection that shall have new tokens, for the same account; its scopes
    ///                    stay asked for
    /// @param challenge   S256, of a verifier that the user's program keeps; null: the vault keeps one
    Mono<Begun> begin(
            String owner,
            String providerName,
            String redirectUri,
            Set<String> scopes,
            @Nullable UUID reconnect,
            @Nullable String challenge) {
        if (!settings.redirectUris().contains(redirectUri)) {
            throw ProblemException.badRequest("redirect_uri is not one of behalf.vault.connect.redirect-uris");
        }
        return begin(owner, providerName, URI.create(redirectUri), scopes, reconnect, challenge, null);
    }

    /// Where to send the user, from one of our own pages.
    Mono<Begun> begin(
            String owner, String providerName, Set<String> scopes, @Nullable UUID reconnect, ConnectRequest.From from) {
        return begin(owner, providerName, callback, scopes, reconnect, null, from);
    }

    private Mono<Begun> begin(
            String owner,
            String providerName,
            URI redirectUri,
            Set<String> scopes,
            @Nullable UUID reconnect,
            @Nullable String challenge,
            ConnectRequest.@Nullable From from) {
        return oauth(providerName)
                .flatMap(catalogue::withCurrentClient)
                .flatMap(provider -> known(owner, provider, reconnect)
                        .map(Connection::scopes)
                        .defaultIfEmpty(Set.of())
                        .flatMap(before -> {
                            var asked = new LinkedHashSet<>(provider.scopes().standard());
                            asked.addAll(before);
                            asked.addAll(scopes);
                            return begin(
                                    owner, provider, redirectUri, asked, reconnect, !before.isEmpty(), challenge, from);
                        }));
    }

    private Mono<Begun> begin(
            String owner,
            OAuthProvider provider,
            URI redirectUri,
            Set<String> scopes,
            @Nullable UUID reconnect,
            boolean incremental,
            @Nullable String theirs,
            ConnectRequest.@Nullable From from) {
        var state = Secret.random().reveal();
        var verifier = Secret.random();
        var challenge = theirs == null ? AuthorizationParameters.challenge(verifier.reveal()) : theirs;
        var now = clock.instant().truncatedTo(ChronoUnit.MICROS);
        var request = new ConnectRequest(
                UUID.randomUUID(),
                owner,
                provider.id().name(),
                redirectUri,
                scopes,
                reconnect,
                boundTo(provider),
                theirs,
                from,
                now.plus(settings.within()));
        var parameters = new AuthorizationParameters(state, challenge, redirectUri, scopes, incremental, Map.of());
        var url = upstream.authorizationUrl(provider, parameters);
        return requests.insert(state, request, settings.mostBegun(), now)
                .filter(inserted -> inserted)
                .switchIfEmpty(Mono.error(() -> new ProblemException(
                                HttpStatus.TOO_MANY_REQUESTS, "too many accounts are being connected at a time")
                        .header("Retry-After", Long.toString(settings.within().toSeconds()))))
                .then(theirs == null ? secrets.put(request.verifier(), verifier) : Mono.empty())
                .thenReturn(new Begun(url, state, request.expiresAt()));
    }

    /// Completes it. Whatever comes of it, the state is used up; unless the keys are away, without which it
    /// could not be: then it can be tried again.
    ///
    /// @param browser in which it was begun; null: an app began it
    Mono<Completed> complete(String owner, @Nullable Sha256 browser, Answer answer) {
        return toItsEnd(requests.find(answer.state(), owner, browser, clock.instant())
                .flatMap(request -> verifier(request)
                        .flatMap(verifier -> used(request).map(_ -> verifier))
                        .flatMap(verifier -> complete(request, answer, verifier)
                                .map(connection -> new Completed(connection, page(request)))))
                .switchIfEmpty(Mono.error(() -> ConnectFailed.of(
                        Reason.STATE, "the state is not known, was used, is too old or is another user's"))));
    }

    /// Completes it with what a program of the user's has. Fails with [ConnectFailed] when nothing comes of it;
    /// what was begun is used up then, too.
    public Mono<Connection> complete(String owner, Code code) {
        var verifier = code.verifier();
        if (verifier == null) {
            if (code.state() == null) {
                throw ProblemException.badRequest("code_verifier is required");
            }
            return complete(owner, null, new Answer(code.state(), code.code(), code.iss(), null))
                    .map(Completed::connection);
        }
        if (!AuthorizationParameters.isVerifier(verifier)) {
            throw ProblemException.badRequest(
                    "invalid_request: code_verifier must have 43 to 128 unreserved characters");
        }
        return toItsEnd(requests.take(
                        owner, code.provider().name(), code.redirectUri(), AuthorizationParameters.challenge(verifier))
                .filter(request -> clock.instant().isBefore(request.expiresAt()))
                .flatMap(request ->
                        complete(request, new Answer("", code.code(), code.iss(), null), Secret.of(verifier)))
                .switchIfEmpty(Mono.error(() -> ProblemException.badRequest(
                        "invalid_grant: this user has begun no such authorization, or it is used or too old"))));
    }

    /// Whoever leaves meanwhile does not stop it: a code is redeemed once, and what it gave must be kept.
    private static <T> Mono<T> toItsEnd(Mono<T> completing) {
        return Mono.defer(completing::cache);
    }

    /// Where the user is to try again, if what came back is of something that they began here.
    Mono<String> pageOf(String owner, @Nullable Sha256 browser, String state) {
        return requests.find(state, owner, browser, clock.instant()).mapNotNull(Connecting::page);
    }

    private static @Nullable String page(ConnectRequest request) {
        var from = request.from();
        return from == null ? null : from.page();
    }

    /// Fails while the keys are away. What does not open is of no use to anybody.
    private Mono<Secret> verifier(ConnectRequest request) {
        return secrets.get(request.verifier())
                .map(OpenedSecret::value)
                .onErrorResume(NotDecryptable.class, _ -> used(request).then(Mono.empty()));
    }

    /// Emits to one of those who found it.
    private Mono<Boolean> used(ConnectRequest request) {
        return requests.take(request)
                .filter(taken -> taken)
                .flatMap(taken -> secrets.shred(request.verifier()).thenReturn(taken));
    }

    private Mono<Connection> complete(ConnectRequest request, Answer answer, Secret verifier) {
        return oauth(request.provider()).flatMap(provider -> {
            if (!request.boundTo().equals(boundTo(provider))) {
                throw ConnectFailed.of(
                        Reason.ANSWER, "the provider was changed meanwhile: begin anew"); // its code is for another
            }
            var code = code(provider, answer);
            return upstream.redeem(provider, code, verifier.reveal(), request.redirectUri())
                    .map(outcome -> given(outcome, Reason.CODE, "the code"))
                    .flatMap(given -> accountOf(provider, given.accessToken())
                            .flatMap(account -> connect(request, provider, account, given)));
        });
    }

    /// @param what was shown to the provider
    /// @throws ConnectFailed when it gave nothing for it
    private static TokenSet given(TokenOutcome outcome, Reason refused, String what) {
        return switch (outcome) {
            case TokenOutcome.Given(var given) -> given;
            case TokenOutcome.UserMustReconnect(var reason) ->
                throw ConnectFailed.of(refused, "the provider did not accept " + what + ": " + reason);
            case TokenOutcome.ScopeRefused(var reason) ->
                throw ConnectFailed.of(refused, "the provider refused the scopes: " + reason);
            case TokenOutcome.Misconfigured(var reason) ->
                throw ConnectFailed.misconfigured(
                        "the provider does not accept this vault, which its operator has to mend: " + reason);
            case TokenOutcome.Unavailable(var retryAfter, var reason) ->
                throw ConnectFailed.unavailable(
                        "the provider does not answer as it should: " + reason,
                        retryAfter == null ? RETRY_AFTER_SECONDS : retryAfter.toSeconds());
        };
    }

    /// What must not change between the request and its answer.
    private static String boundTo(OAuthProvider provider) {
        return String.join(
                " ",
                provider.instance().toString(),
                provider.clientId(),
                provider.token().url().toString());
    }

    /// A server that does not tell whose account it is has one account for each user, as far as is known.
    private Mono<AccountInfo> accountOf(OAuthProvider provider, Secret accessToken) {
        return provider.account() == null
                ? Mono.just(new AccountInfo(ONLY_ACCOUNT, null, null, null, null, null))
                : upstream.accountInfo(provider, accessToken).onErrorMap(UpstreamFailed.class, Connecting::notTold);
    }

    private String code(OAuthProvider provider, Answer answer) {
        // RFC 9207 §2.4: before anything of the answer is used
        if (answer.iss() == null ? provider.issRequired() : !answer.iss().equals(provider.issuer())) {
            throw ConnectFailed.of(Reason.ANSWER, "the answer is another provider's");
        }
        if (answer.error() != null) {
            throw ConnectFailed.of(Reason.DENIED, "the provider or the user refused");
        }
        if (answer.code() == null || answer.code().isEmpty()) {
            throw ConnectFailed.of(Reason.ANSWER, "the answer has no code");
        }
        return answer.code();
    }

    private Mono<Connection> connect(
            ConnectRequest request, OAuthProvider provider, AccountInfo account, TokenSet given) {
        return known(request.owner(), request.provider(), request.reconnect())
                .flatMap(connection -> connection.account().id().equals(account.id())
                        ? Mono.just(connection)
                        : givenBack(provider, account, given)
                                .then(Mono.error(() -> ConnectFailed.of(
                                        Reason.OTHER_ACCOUNT,
                                        "this is another account than the one to connect again"))))
                .then(Mono.defer(() -> recorded(
                        request.owner(),
                        request.provider(),
                        connections.connect(
                                request.owner(),
                                provider,
                                account,
                                new Tokens(given.accessToken(), given.tokenType(), given.refreshToken()),
                                given.scopes() == null ? request.scopes() : given.scopes(),
                                given.expiresAt()))));
    }

    /// Ends tokens that nobody will use. Where that account is connected, by whomever, they stay: there are
    /// providers that end all tokens of an account with one. They are not kept in any case.
    private Mono<Void> givenBack(OAuthProvider provider, AccountInfo account, TokenSet given) {
        var token = given.refreshToken() == null ? given.accessToken() : given.refreshToken();
        return connections
                .isConnected(provider, account.id())
                .filter(connected -> !connected)
                .flatMap(_ -> upstream.revoke(provider, token))
                .onErrorComplete()
                .doOnNext(outcome -> {
                    if (outcome instanceof RevocationOutcome.Failed failed) {
                        log.warn("Tokens of {} that are not kept were not revoked: {}", provider.id(), failed.reason());
                    }
                })
                .then();
    }

    /// Connects by a key that the user brings. Where the provider tells whose it is, it is asked, and so proves
    /// the key.
    ///
    /// @param account what the user calls it, where the provider does not tell
    Mono<Connection> paste(String owner, String providerName, Secret key, String account) {
        return provider(providerName)
                .ofType(ApiKeyProvider.class)
                .switchIfEmpty(Mono.error(() -> ProblemException.badRequest("this provider takes no key")))
                .flatMap(provider -> (provider.account() == null
                                ? Mono.just(new AccountInfo(account, null, null, null, null, null))
                                : upstream.accountInfo(provider, key)
                                        .onErrorMap(UpstreamFailed.class, Connecting::notTold))
                        .flatMap(info -> recorded(
                                owner,
                                provider.id().name(),
                                connections.connect(
                                        owner, provider, info, new Tokens(key, "Bearer", null), Set.of(), null))));
    }

    /// Connects by a refresh token that the user brings from elsewhere, of the same client at the provider as
    /// the vault is. It is exchanged, and so proved: where refresh tokens change with each use, what was
    /// brought is good for nothing any more.
    ///
    /// @param scopes that it has, where the provider does not say
    Mono<Connection> bring(String owner, String providerName, Secret refreshToken, Set<String> scopes) {
        return toItsEnd(oauth(providerName)
                .flatMap(provider -> recorded(
                        owner,
                        provider.id().name(),
                        upstream.refresh(provider, refreshToken)
                                .map(outcome -> given(outcome, Reason.TOKEN, "the token"))
                                .flatMap(given -> accountOf(provider, given.accessToken())
                                        .flatMap(account -> connections.connect(
                                                owner,
                                                provider,
                                                account,
                                                new Tokens(
                                                        given.accessToken(),
                                                        given.tokenType(),
                                                        given.refreshToken() == null
                                                                ? refreshToken
                                                                : given.refreshToken()),
                                                given.scopes() == null ? scopes : given.scopes(),
                                                given.expiresAt()))))));
    }

    /// Forgets all that the user has begun: nothing comes of it any more.
    public Mono<Void> forget(String owner) {
        return Mono.defer(() -> requests.removeOf(owner))
                .then(Mono.defer(() -> secrets.shredRecords(SecretLabel.TENANT, owner, ConnectRequest.RECORDS)))
                .then();
    }

    /// Forgets those who did not come back.
    Mono<Void> sweep() {
        return Mono.defer(() -> requests.takeExpired(clock.instant(), 500)
                .concatMap(request -> secrets.shred(request.verifier()))
                .then());
    }

    private Mono<Connection> recorded(String owner, String provider, Mono<Connection> connecting) {
        return audit.append(AuditEvent.of(AuditAction.CONNECTED, AuditOutcome.BEGUN)
                        .by(owner, null)
                        .on(provider, null))
                .then(connecting)
                .flatMap(connection -> audit.append(AuditEvent.of(AuditAction.CONNECTED, AuditOutcome.DONE)
                                .by(owner, null)
                                .on(provider, connection.id().toString())
                                .scopes(connection.scopes()))
                        .thenReturn(connection));
    }

    private Mono<Connection> known(String owner, OAuthProvider provider, @Nullable UUID reconnect) {
        return known(owner, provider.id().name(), reconnect);
    }

    private Mono<Connection> known(String owner, String provider, @Nullable UUID reconnect) {
        return reconnect == null
                ? Mono.empty()
                : connections
                        .find(reconnect)
                        .filter(connection -> connection.owner().equals(owner)
                                && connection.provider().equals(provider))
                        .switchIfEmpty(Mono.error(() -> ProblemException.notFound("there is no such connection")));
    }

    private Mono<OAuthProvider> oauth(String name) {
        return provider(name)
                .ofType(OAuthProvider.class)
                .switchIfEmpty(Mono.error(() -> ProblemException.badRequest("this provider takes keys, not consent")));
    }

    private Mono<Provider> provider(String name) {
        return catalogue
                .resolve(name)
                .switchIfEmpty(Mono.error(() -> ProblemException.notFound("there is no such provider")));
    }

    private static Throwable notTold(UpstreamFailed fault) {
        return switch (fault.kind()) {
            case TOKEN_REFUSED -> ConnectFailed.of(Reason.TOKEN, "the provider does not accept the token");
            case FORBIDDEN -> ConnectFailed.of(Reason.TOKEN, "the token may not tell whose account it is for");
            case NOT_SUPPORTED -> ConnectFailed.of(Reason.TOKEN, "the provider does not tell whose account it is");
            case UNAVAILABLE ->
                ConnectFailed.unavailable("the provider does not tell whose account it is now", RETRY_AFTER_SECONDS);
        };
    }
}
