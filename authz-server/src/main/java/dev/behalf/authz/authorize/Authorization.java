package dev.behalf.authz.authorize;

import dev.behalf.authz.authorize.AuthorizationRequest.Prompt;
import dev.behalf.authz.client.Client;
import dev.behalf.authz.client.Clients;
import dev.behalf.authz.grant.Consent;
import dev.behalf.authz.grant.Consents;
import dev.behalf.authz.grant.GrantSettings;
import dev.behalf.authz.login.SignIn;
import dev.behalf.authz.scope.ScopeCatalogue;
import dev.behalf.authz.session.Session;
import dev.behalf.authz.session.Sessions;
import dev.behalf.kernel.database.Database;
import dev.behalf.kernel.secret.Secret;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.r2dbc.spi.Connection;
import jakarta.inject.Singleton;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// What follows on a good authorization request: the person signs in, is asked, and the client gets its code.
@Singleton
final class Authorization {

    private static final Logger audit = LoggerFactory.getLogger("behalf.audit");

    /// For how long a sign-in counts as one that a request demanded.
    private static final Duration JUST_NOW = Duration.ofMinutes(10);

    private static final Set<String> ABOUT_THE_PERSON = Set.of(ScopeCatalogue.OPENID, "profile");

    /// How long a service of the suite is remembered as one where the person signed in.
    private static final Duration OUR_OWN = Duration.ofHours(1);

    private final Sessions sessions;
    private final SignIn signIn;
    private final Consents consents;
    private final ConsentPage page;
    private final AuthorizationCodes codes;
    private final PushedRequests pushed;
    private final AuthorizationResponse response;
    private final Clients clients;
    private final Database database;
    private final AuthorizationSettings settings;
    private final GrantSettings grants;
    private final Clock clock;

    Authorization(
            Sessions sessions,
            SignIn signIn,
            Consents consents,
            ConsentPage page,
            AuthorizationCodes codes,
            PushedRequests pushed,
            AuthorizationResponse response,
            Clients clients,
            Database database,
            AuthorizationSettings settings,
            GrantSettings grants,
            Clock clock) {
        this.sessions = sessions;
        this.signIn = signIn;
        this.consents = consents;
        this.page = page;
        this.codes = codes;
        this.pushed = pushed;
        this.response = response;
        this.clients = clients;
        this.database = database;
        this.settings = settings;
        this.grants = grants;
        this.clock = clock;
    }

    /// The sign-in page, the consent page, or the code where neither is needed. Fails with [Sent].
    Mono<HttpResponse<byte[]>> begin(HttpRequest<?> http, AuthorizationRequest request) {
        return sessions.of(http)
                .map(Optional::of)
                .defaultIfEmpty(Optional.empty())
                .flatMap(session -> {
                    if (session.isEmpty() || mustSignInAgain(http, request, session.get())) {
                        return Mono.fromSupplier(() -> toSignIn(http, request, session.isPresent()));
                    }
                    if (isOurOwn(request)) {
                        return issueAsAllowed(request, session.get(), request.scopes(), now().plus(OUR_OWN));
                    }
                    return mustAsk(request)
                            ? allowed(request, session.get())
                                    .map(allowed -> toConsent(http, request, session.get(), allowed))
                            : issueOrAsk(http, request, session.get());
                })
                .onErrorResume(Sent.class, refusal -> usedUp(request, refusal));
    }

    /// What the person decided on the consent page. Fails with [Sent] or [Shown].
    Mono<HttpResponse<byte[]>> decide(HttpRequest<byte[]> http, AuthorizationRequest request) {
        var form = ConsentForm.parse(http.getBody().orElseGet(() -> new byte[0]), grants.lifetime());
        return sessions.of(http)
                .switchIfEmpty(Mono.error(() -> new Shown("error.signed-out")))
                .flatMap(session -> {
                    if (!sessions.isOwnForm(http, session, form.csrf())) {
                        return Mono.error(() -> new Shown("error.foreign-form"));
                    }
                    if (mustSignInAgain(http, request, session)) {
                        return Mono.fromSupplier(() -> toSignIn(http, request, true));
                    }
                    if (!form.allowed()) {
                        return denied(request, session);
                    }
                    var scopes = chosen(request, form);
                    if (scopes.isEmpty()) {
                        return denied(request, session);
                    }
                    return issueAsAllowed(request, session, scopes, now().plus(form.lifetime()));
                })
                .onErrorResume(Sent.class, refusal -> usedUp(request, refusal));
    }

    /// A pushed request that is answered is used up, whatever the answer (RFC 9126 §4).
    private Mono<HttpResponse<byte[]>> usedUp(AuthorizationRequest request, Sent refusal) {
        var digest = request.pushed();
        return (digest == null ? Mono.empty() : pushed.consume(digest)).then(Mono.error(refusal));
    }

    /// OpenID Connect Core §3.1.2.1: `prompt` and `max_age`. A sign-in that this very request led to satisfies
    /// both.
    private boolean mustSignInAgain(HttpRequest<?> http, AuthorizationRequest request, Session session) {
        var now = now();
        boolean forThis = page(http).equals(session.signedInFor())
                && session.authTime().plus(JUST_NOW).isAfter(now);
        if (forThis) {
            return false;
        }
        var maxAge = request.maxAge();
        return request.prompts(Prompt.LOGIN)
                || request.prompts(Prompt.SELECT_ACCOUNT)
                || (maxAge != null && !session.authTime().plus(maxAge).isAfter(now));
    }

    private HttpResponse<byte[]> toSignIn(HttpRequest<?> http, AuthorizationRequest request, boolean again) {
        if (request.prompts(Prompt.NONE)) {
            throw new Sent(to(request), "login_required", "the person must sign in");
        }
        return signIn.redirect(page(http), request.loginHint(), again);
    }

    private HttpResponse<byte[]> toConsent(
            HttpRequest<?> http, AuthorizationRequest request, Session session, Map<String, Consent> allowed) {
        if (request.prompts(Prompt.NONE)) {
            throw new Sent(to(request), "consent_required", "the person must be asked");
        }
        return page.ask(http, request, session, allowed);
    }

    private Mono<Map<String, Consent>> allowed(AuthorizationRequest request, Session session) {
        return consents.find(session.account().id(), request.client().id(), request.actor(), request.resourceUris());
    }

    /// A service of the suite that only wants to know who it is: nothing is handed to anybody else.
    private static boolean isOurOwn(AuthorizationRequest request) {
        return request.client().origin() == Client.Origin.BUILT_IN
                && ABOUT_THE_PERSON.containsAll(request.scopes())
                && !request.prompts(Prompt.CONSENT);
    }

    /// A client that anybody could be is always asked about: one that registered itself, and one whose answer
    /// any program on the person's computer could take (RFC 8252 §8.6).
    private static boolean mustAsk(AuthorizationRequest request) {
        var target = URI.create(request.redirectUri());
        boolean anybody = request.client().origin() == Client.Origin.REGISTERED
                || (!"https".equals(target.getScheme()) && request.client().origin() != Client.Origin.OPERATOR);
        return anybody || request.prompts(Prompt.CONSENT);
    }

    private static Set<String> chosen(AuthorizationRequest request, ConsentForm form) {
        var scopes = new HashSet<>(request.scopes());
        scopes.removeIf(scope -> ConsentPage.isOptional(scope, request.scopes())
                && !form.scopes().contains(scope));
        return scopes;
    }

    private static Instant until(Map<String, Consent> allowed) {
        return allowed.values().stream()
                .map(Consent::expiresAt)
                .min(Instant::compareTo)
                .orElseThrow();
    }

    private Mono<HttpResponse<byte[]>> denied(AuthorizationRequest request, Session session) {
        audit.info(
                "consent denied by {} to {}",
                session.account().id(),
                request.client().id());
        return Mono.error(() -> new Sent(to(request), "access_denied", "the person said no"));
    }

    /// Remembers what the person allowed now, and issues the code.
    private Mono<HttpResponse<byte[]>> issueAsAllowed(
            AuthorizationRequest request, Session session, Set<String> scopes, Instant until) {
        return database.transaction(connection -> issue(
                        connection,
                        request,
                        session,
                        scopes,
                        until,
                        Mono.defer(() -> remember(connection, request, session, scopes, now(), until))))
                .flatMap(code -> respond(request, session, scopes, code));
    }

    /// Issues the code for what the person allowed before, which cannot be taken back meanwhile, or asks where
    /// that is not enough.
    private Mono<HttpResponse<byte[]>> issueOrAsk(HttpRequest<?> http, AuthorizationRequest request, Session session) {
        return database.transaction(connection -> consents.hold(
                                connection,
                                session.account().id(),
                                request.client().id(),
                                request.actor(),
                                request.resourceUris())
                        .flatMap(allowed -> Consents.covers(allowed, request.resourceUris(), request.scopes())
                                ? issue(connection, request, session, request.scopes(), until(allowed), Mono.empty())
                                        .<Passed>map(Passed.Issued::new)
                                : Mono.just(new Passed.NotAllowed(allowed))))
                .flatMap(passed -> switch (passed) {
                    case Passed.Issued(var code) -> respond(request, session, request.scopes(), code);
                    case Passed.NotAllowed(var allowed) ->
                        Mono.fromSupplier(() -> toConsent(http, request, session, allowed));
                });
    }

    /// What came of a request that may pass without asking.
    private sealed interface Passed {
        record Issued(Secret code) implements Passed {}

        record NotAllowed(Map<String, Consent> allowed) implements Passed {}
    }

    /// Issues the code; a pushed request is used up by it, in the same transaction.
    private Mono<Secret> issue(
            Connection connection,
            AuthorizationRequest request,
            Session session,
            Set<String> scopes,
            Instant until,
            Mono<Void> remembered) {
        var code = new AuthorizationCode(
                request.client().id(),
                request.redirectUri(),
                request.challenge(),
                UUID.randomUUID().toString(),
                session.account().id(),
                session.account().username(),
                request.actor(),
                request.resourceUris(),
                scopes,
                request.nonce(),
                session.authTime(),
                until,
                now().plus(settings.codeTtl()));
        return consume(connection, request)
                .filter(Boolean::booleanValue)
                .switchIfEmpty(Mono.error(() -> new Shown("error.expired-request")))
                .then(remembered)
                .then(clients.keepUntil(connection, request.client().id(), until))
                .then(codes.issue(connection, code));
    }

    private Mono<HttpResponse<byte[]>> respond(
            AuthorizationRequest request, Session session, Set<String> scopes, Secret code) {
        return sessions.useUpSignIn(session).then(Mono.fromSupplier(() -> {
            audit.info(
                    "consent given by {} to {} for {} at {}",
                    session.account().id(),
                    request.client().id(),
                    scopes,
                    request.resourceUris());
            return response.code(request, code.reveal());
        }));
    }

    private Mono<Boolean> consume(Connection connection, AuthorizationRequest request) {
        return request.pushed() == null ? Mono.just(true) : pushed.consume(connection, request.pushed());
    }

    private Mono<Void> remember(
            Connection connection,
            AuthorizationRequest request,
            Session session,
            Set<String> scopes,
            Instant now,
            Instant until) {
        var client = request.client();
        return Flux.fromIterable(request.resourceUris())
                .concatMap(resource -> consents.remember(
                        connection,
                        new Consent(
                                UUID.randomUUID().toString(),
                                session.account().id(),
                                client.id(),
                                ConsentPage.name(client),
                                ConsentPage.host(client),
                                ConsentPage.isAnonymous(client),
                                request.actor(),
                                resource,
                                scopes,
                                now,
                                until)))
                .then();
    }

    private static Sent.Return to(AuthorizationRequest request) {
        return new Sent.Return(request.redirectUri(), request.state());
    }

    /// The authorization request as a page to come back to, whether the person is at it or at its decision.
    private static String page(HttpRequest<?> http) {
        return "/oauth/authorize?" + http.getUri().getRawQuery();
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MICROS);
    }
}
