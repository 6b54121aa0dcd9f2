package dev.behalf.gateway.proxy;

import dev.behalf.gateway.identity.Verdict;
import dev.behalf.gateway.identity.Verdicts;
import dev.behalf.gateway.management.Credentials;
import dev.behalf.gateway.management.ManagementRoutes;
import dev.behalf.gateway.route.Access;
import dev.behalf.gateway.route.Injection;
import dev.behalf.gateway.route.Protection;
import dev.behalf.gateway.route.Route;
import dev.behalf.gateway.vault.Consent;
import dev.behalf.gateway.vault.ProviderTokens;
import dev.behalf.gateway.vault.ProviderTokens.Outcome;
import dev.behalf.gateway.wire.Challenge;
import dev.behalf.gateway.wire.IncomingRequest;
import dev.behalf.gateway.wire.Refused;
import dev.behalf.kernel.jose.RawJwt;
import dev.behalf.kernel.secret.Sha256;
import io.micronaut.http.HttpStatus;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.HttpMethod;
import java.util.Objects;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;

/// Decides what becomes of a connection's requests: which route takes one, whose it is, or why it is refused.
/// Lives on the connection's event loop; what must be waited for comes back to it.
final class Admission {

    private static final Logger log = LoggerFactory.getLogger(Admission.class);
    private static final String BEARER = "Bearer ";
    private static final int MAX_PURPOSE = 500;
    private static final String METADATA = "/.well-known/oauth-protected-resource";

    /// What becomes of a request.
    sealed interface Decision {
        /// It goes on.
        ///
        /// @param userId     the proved user; null: the upstream sees none
        /// @param credential what takes the place of the client's header of that name; null: nothing does
        record Forward(
                Route route,
                @Nullable String userId,
                @Nullable Credential credential) implements Decision {}

        /// The gateway says why not.
        record Refuse(Refused refused) implements Decision {}

        /// The gateway says what the user has to do first.
        record AskUser(Consent consent) implements Decision {}

        /// The gateway says what kind of resource a route is.
        record Metadata(Protection protection) implements Decision {}

        /// The gateway says that browsers may ask for that.
        record Preflight() implements Decision {}

        /// The gateway says how it is.
        record Health() implements Decision {}
    }

    private static final Decision PREFLIGHT = new Decision.Preflight();
    private static final Decision HEALTH = new Decision.Health();

    private final GatewayContext gateway;
    private final EventLoop loop;
    private final BiConsumer<IncomingRequest, Decision> later;

    // The last judged token of this connection: most clients send the same one again.
    private @Nullable String lastAuthorization;
    private @Nullable String lastHost;
    private @Nullable String lastResource;
    private Verdicts.@Nullable Question lastQuestion;
    private @Nullable Verdict lastVerdict;

    // What the request under way waits for.
    private Disposable waiting = Disposables.disposed();

    /// @param later takes the decisions that [#decide] could not make at once, on the event loop
    Admission(GatewayContext gateway, EventLoop loop, BiConsumer<IncomingRequest, Decision> later) {
        this.gateway = gateway;
        this.loop = loop;
        this.later = later;
    }

    /// The decision, or null when it is made later.
    @Nullable
    Decision decide(IncomingRequest request) {
        var host = request.authority().host();
        var path = request.target().path();
        boolean management = gateway.management.isManagement(host);
        if (path.startsWith(METADATA)) {
            var described = describe(request, path.substring(METADATA.length()), management);
            if (described != null) {
                return described;
            }
        }
        if (management) {
            if (path.equals("/health")) {
                return health(request);
            }
            var target = gateway.management.find(path);
            if (target != null) {
                return manage(request, target);
            }
        }
        var table = gateway.routes.now();
        var route = management ? table.findNamed(host, path) : table.find(host, path);
        if (route == null) {
            return refuse(HttpStatus.NOT_FOUND, "not-found", "there is no route for this host and path");
        }
        if (request.contentLength() > route.maxBodyBytes()) {
            return tooLarge();
        }
        if (request.websocket() && !route.upgrades()) {
            return refuse(HttpStatus.NOT_IMPLEMENTED, "upgrade-refused", "this route does not upgrade");
        }
        return route.access() == Access.OPEN ? new Decision.Forward(route, null, null) : identify(request, route);
    }

    /// Says what the resource of that path is, if a route protects it; null when none does.
    private @Nullable Decision describe(IncomingRequest request, String resourcePath, boolean management) {
        if (!resourcePath.isEmpty() && resourcePath.charAt(0) != '/') {
            return null;
        }
        // With a last slash, which clients leave out, the path is below the same route or its own.
        var path = resourcePath.endsWith("/") ? resourcePath : resourcePath + "/";
        var protection = protection(request.authority().host(), path, management);
        if (protection == null) {
            return null;
        }
        if (request.method().equals(HttpMethod.OPTIONS)) {
            return PREFLIGHT;
        }
        return isRead(request) ? new Decision.Metadata(protection) : notAllowed();
    }

    private @Nullable Protection protection(String host, String path, boolean management) {
        var table = gateway.routes.now();
        var route = management ? table.findNamed(host, path) : table.find(host, path);
        return route == null ? null : route.protection();
    }

    private static boolean isRead(IncomingRequest request) {
        return request.method().equals(HttpMethod.GET) || request.method().equals(HttpMethod.HEAD);
    }

    private static Decision notAllowed() {
        return refuse(HttpStatus.METHOD_NOT_ALLOWED, "method-not-allowed", "this method is not allowed here");
    }

    private static Decision health(IncomingRequest request) {
        return isRead(request) ? HEALTH : notAllowed();
    }

    // ------------------------------------------------------------ users

    private @Nullable Decision identify(IncomingRequest request, Route route) {
        var authorization = request.authorization();
        if (authorization == null) {
            return unauthorized("a bearer token is required", challenge(request, route, gateway.challenge.missing()));
        }
        var host = request.authority().host();
        var resource = route.protection() == null ? null : route.protection().resource();
        if (authorization.equals(lastAuthorization)
                && host.equals(lastHost)
                && Objects.equals(resource, lastResource)) {
            var verdict = gateway.verdicts.usable(lastVerdict);
            if (verdict != null) {
                return decide(request, route, verdict);
            }
        }
        var token = token(authorization);
        if (token == null) {
            return invalidToken(request, route, "the bearer token is malformed");
        }
        var question = new Verdicts.Question(Sha256.of(token), host, resource);
        lastAuthorization = authorization;
        lastHost = host;
        lastResource = resource;
        lastQuestion = question;
        lastVerdict = gateway.verdicts.recall(question);
        if (lastVerdict != null) {
            return decide(request, route, lastVerdict);
        }
        var old = gateway.verdicts.recallWhileAsking(question);
        if (old != null) {
            refresh(question, token);
            return decide(request, route, old);
        }
        ask(request, route, question, token);
        return null;
    }

    private void ask(IncomingRequest request, Route route, Verdicts.Question question, String token) {
        await(request, gateway.verdicts.ask(question, token), verdict -> {
            if (!gateway.verdicts.stands(verdict)) {
                ask(request, route, question, token); // its provider was changed while it came here
                return;
            }
            if (question.equals(lastQuestion)) {
                lastVerdict = verdict;
            }
            var decision = decide(request, route, verdict);
            if (decision != null) {
                later.accept(request, decision);
            }
        });
    }

    /// Asks for the sake of the next request.
    private void refresh(Verdicts.Question question, String token) {
        var _ = gateway.verdicts
                .ask(question, token)
                .subscribe(_ -> {}, fault -> log.error("A question failed", fault));
    }

    /// The decision, or null when it is made later.
    private @Nullable Decision decide(IncomingRequest request, Route route, Verdict verdict) {
        return switch (verdict) {
            case Verdict.Accepted _
            when route.injection() != null ->
                refuse(
                        HttpStatus.FORBIDDEN,
                        "agent-required",
                        "this route uses the user's account elsewhere, which needs an agent's access token of Behalf");
            case Verdict.Accepted yes -> new Decision.Forward(route, yes.userId(), null);
            case Verdict.Delegated yes -> decide(request, route, yes);
            case Verdict.Refused no when no.forbidden() -> refuse(HttpStatus.FORBIDDEN, "access-denied", no.detail());
            case Verdict.Refused no -> invalidToken(request, route, no.detail());
            case Verdict.Unavailable away ->
                new Decision.Refuse(Refused.unavailable(away.detail(), away.retryAfterSeconds()));
        };
    }

    private @Nullable Decision decide(IncomingRequest request, Route route, Verdict.Delegated agent) {
        var protection = route.protection();
        if (protection == null || !protection.isMetBy(agent.scopes())) {
            return insufficientScope(request, route);
        }
        var injection = route.injection();
        return injection == null
                ? new Decision.Forward(route, agent.userId(), null)
                : inject(request, route, injection, agent);
    }

    /// Asks the vault for the token of the user's account, for this one request.
    private @Nullable Decision inject(
            IncomingRequest request, Route route, Injection injection, Verdict.Delegated agent) {
        if (agent.subject() == null) {
            return new Decision.Refuse(Refused.unavailable("it is not known now whose account it is", 2));
        }
        var call = new ProviderTokens.Call(
                agent.subject(),
                agent.clientId(),
                injection.provider(),
                injection.scopes(),
                purpose(request, route),
                request.requestId());
        await(
                request,
                gateway.providerTokens.forCall(call),
                outcome -> later.accept(
                        request,
                        switch (outcome) {
                            // It may have taken the vault a while.
                            case Outcome.Granted _
                            when !gateway.verdicts.stands(agent) ->
                                invalidToken(request, route, "the token was revoked");
                            case Outcome.Granted(var token) ->
                                new Decision.Forward(route, agent.userId(), Credential.injected(injection, token));
                            case Outcome.ConsentRequired(var consent) -> new Decision.AskUser(consent);
                            case Outcome.Ambiguous() ->
                                refuse(
                                        HttpStatus.CONFLICT,
                                        "ambiguous",
                                        "the user lets this agent use several accounts there, and it may be only one");
                            case Outcome.Unavailable(var detail, var retryAfter) ->
                                new Decision.Refuse(Refused.unavailable(detail, retryAfter));
                        }));
        return null;
    }

    /// The route, without anything that the client could write into it but the host.
    private static String purpose(IncomingRequest request, Route route) {
        var text = request.method() + " " + request.authority().host() + route.path();
        return text.length() > MAX_PURPOSE ? text.substring(0, MAX_PURPOSE) : text;
    }

    private Decision insufficientScope(IncomingRequest request, Route route) {
        var detail = "the token lacks a scope that this route asks for";
        return new Decision.Refuse(Refused.of(HttpStatus.FORBIDDEN, "insufficient-scope", detail)
                .withChallenge(challenge(request, route, gateway.challenge.insufficientScope(detail))));
    }

    private Decision invalidToken(IncomingRequest request, Route route, String detail) {
        return unauthorized(detail, challenge(request, route, gateway.challenge.invalidToken(detail)));
    }

    /// Of a protected resource, the challenge says where a client learns how to get a token.
    private String challenge(IncomingRequest request, Route route, String challenge) {
        var protection = route.protection();
        if (protection == null) {
            return challenge;
        }
        var metadata = gateway.settings.publicUrl().getScheme() + "://"
                + request.authority().text() + METADATA + (route.path().equals("/") ? "" : route.path());
        return Challenge.forResource(challenge, metadata, protection.scope());
    }

    // ------------------------------------------------------------ operators

    private @Nullable Decision manage(IncomingRequest request, ManagementRoutes.Target target) {
        if (request.contentLength() > target.route().maxBodyBytes()) {
            return tooLarge();
        }
        var authorization = request.authorization();
        var audience = target.audience();
        if (audience == null) {
            return new Decision.Forward(
                    target.route(), null, authorization == null ? null : Credential.authorization(authorization));
        }
        var apiKey = request.apiKey();
        if (apiKey != null && authorization != null) {
            var detail = "there is more than one credential";
            return new Decision.Refuse(Refused.of(HttpStatus.BAD_REQUEST, "bad-request", detail)
                    .withChallenge(gateway.challenge.invalidRequest(detail)));
        }
        if (apiKey == null && authorization == null) {
            return unauthorized("an API key or access token is required", gateway.challenge.missing());
        }
        var credential = apiKey != null ? apiKey.strip() : token(authorization);
        if (credential == null || credential.isEmpty()) {
            return invalidToken("the API key or access token is malformed");
        }
        await(
                request,
                gateway.credentials.exchange(credential, audience),
                outcome -> later.accept(
                        request,
                        switch (outcome) {
                            case Credentials.Outcome.Exchanged(var token, var _) ->
                                new Decision.Forward(
                                        target.route(), null, Credential.authorization(BEARER + token.reveal()));
                            case Credentials.Outcome.Refused() ->
                                invalidToken("the API key or access token is not valid");
                            case Credentials.Outcome.Unavailable() ->
                                new Decision.Refuse(Refused.unavailable("the credential cannot be checked now", 2));
                        }));
        return null;
    }

    // ------------------------------------------------------------ both

    /// The token of a well-formed bearer credential (RFC 6750 §2.1), or null.
    private static @Nullable String token(@Nullable String authorization) {
        if (authorization == null || !authorization.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
            return null;
        }
        var token = authorization.substring(BEARER.length()).strip();
        if (token.isEmpty() || token.length() > RawJwt.MAX_LENGTH) {
            return null;
        }
        for (int i = 0; i < token.length(); i++) {
            char c = token.charAt(i);
            if (c <= 0x20 || c >= 0x7f || c == ',') {
                return null;
            }
        }
        return token;
    }

    private static Decision refuse(HttpStatus status, String kind, String detail) {
        return new Decision.Refuse(Refused.of(status, kind, detail));
    }

    private static Decision tooLarge() {
        return new Decision.Refuse(
                Refused.broken(HttpStatus.REQUEST_ENTITY_TOO_LARGE, "the request body is too large"));
    }

    private Decision invalidToken(String detail) {
        return unauthorized(detail, gateway.challenge.invalidToken(detail));
    }

    private static Decision unauthorized(String detail, String challenge) {
        return new Decision.Refuse(
                Refused.of(HttpStatus.UNAUTHORIZED, "invalid-token", detail).withChallenge(challenge));
    }

    /// Nobody waits for a decision any more.
    void cancel() {
        waiting.dispose();
    }

    /// Goes on with the answer on the event loop. The question's deadline is its own; that it fails is a
    /// defect.
    private <T> void await(IncomingRequest request, Mono<T> answer, Consumer<T> then) {
        waiting = answer.subscribe(value -> loop.execute(() -> then.accept(value)), fault -> {
            log.error("A question failed", fault);
            loop.execute(() -> later.accept(
                    request, new Decision.Refuse(Refused.unavailable("the request cannot be decided on now", 1))));
        });
    }
}
