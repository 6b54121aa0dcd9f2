package dev.behalf.authz.authorize;

import dev.behalf.authz.client.Client;
import dev.behalf.authz.client.Clients;
import dev.behalf.authz.oauth.OAuthError;
import dev.behalf.authz.oauth.OAuthRequest;
import dev.behalf.authz.scope.Resource;
import dev.behalf.authz.scope.Resources;
import dev.behalf.authz.scope.ScopeCatalogue;
import dev.behalf.kernel.oauth.Scope;
import dev.behalf.kernel.secret.Sha256;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// Reads authorization requests: first who asks and where the answer may go, failing which a page is [Shown];
/// then, in the order of the specifications, all that is answered to the client ([Sent]).
@Singleton
final class AuthorizationRequests {

    private static final int MAX_STATE = 2_048;
    private static final int MAX_NONCE = 512;
    private static final int MAX_HINT = 256;
    private static final int MAX_RESOURCES = 5;
    private static final int MAX_AGE_DIGITS = 9;

    /// A SHA-256 in base64url (RFC 7636 §4.2).
    private static final Pattern S256_CHALLENGE = Pattern.compile("[A-Za-z0-9_-]{43}");

    /// What OpenID Connect would let replace the parameters by an object of another form (Core §6).
    private static final String REQUEST_OBJECT = "request";

    private final Clients clients;
    private final PushedRequests pushed;
    private final Resources resources;

    AuthorizationRequests(Clients clients, PushedRequests pushed, Resources resources) {
        this.clients = clients;
        this.pushed = pushed;
        this.resources = resources;
    }

    /// The request, of which a pushed one is looked up. Fails with [Shown] or [Sent].
    Mono<AuthorizationRequest> read(OAuthRequest request) {
        var clientId = request.parameter("client_id");
        if (clientId.isEmpty()) {
            return Mono.error(() -> new Shown("error.unknown-client"));
        }
        var reference = request.parameter("request_uri");
        return clients.find(clientId.get())
                .onErrorMap(OAuthError.class, _ -> new Shown("error.unknown-client"))
                .switchIfEmpty(Mono.error(() -> new Shown("error.unknown-client")))
                .flatMap(client -> reference.isEmpty()
                        ? read(client, request, null)
                        : pushed.find(reference.get(), client.id())
                                .switchIfEmpty(Mono.error(() -> new Shown("error.expired-request")))
                                .flatMap(parameters -> read(client, parameters, PushedRequests.digest(reference.get())))
                                .onErrorResume(
                                        Sent.class,
                                        refusal -> pushed.consume(PushedRequests.digest(reference.get()))
                                                .then(Mono.error(refusal))));
    }

    /// The request of that client, as it stands in its parameters.
    ///
    /// @param digest of the pushed request that they are, or null
    Mono<AuthorizationRequest> read(Client client, OAuthRequest request, @Nullable Sha256 digest) {
        return Mono.defer(() -> {
            var given = request.parameter("redirect_uri");
            var redirectUri = redirectUri(client, given.orElse(null));
            var state = request.parameter("state").orElse(null);
            if (state != null && state.length() > MAX_STATE) {
                throw new Shown("error.request");
            }
            var to = new Sent.Return(redirectUri, state);
            refuseRequestObjects(request, to);
            checkResponseType(request, client, to);
            var challenge = challenge(request, to);
            var prompts = prompts(request, to);
            var maxAge = maxAge(request, to);
            var nonce = bounded(request, "nonce", MAX_NONCE, to);
            var hint = bounded(request, "login_hint", MAX_HINT, to);
            return resources(request, to)
                    .flatMap(all -> actor(request, client, to)
                            .map(actor -> new AuthorizationRequest(
                                    client,
                                    redirectUri,
                                    given.isPresent(),
                                    state,
                                    challenge,
                                    scopes(request, client, all, to),
                                    all,
                                    actor,
                                    nonce,
                                    prompts,
                                    maxAge,
                                    hint,
                                    digest)));
        });
    }

    /// OAuth 2.1 §2.3.1, §4.1.1: compared as text with what is registered; only a sole registered one may be
    /// left out.
    private static String redirectUri(Client client, @Nullable String given) {
        if (given == null) {
            var registered = client.metadata().redirectUris();
            if (registered.size() != 1) {
                throw new Shown("error.redirect-uri");
            }
            return registered.iterator().next();
        }
        if (!client.metadata().accepts(given)) {
            throw new Shown("error.redirect-uri");
        }
        return given;
    }

    private static void refuseRequestObjects(OAuthRequest request, Sent.Return to) {
        if (request.parameter(REQUEST_OBJECT).isPresent()) {
            throw new Sent(to, "request_not_supported", "request objects are not supported");
        }
    }

    /// OAuth 2.1 §4.1.1: code, and nothing else; answered in the query.
    private static void checkResponseType(OAuthRequest request, Client client, Sent.Return to) {
        var type = request.parameter("response_type");
        if (type.isEmpty()) {
            throw new Sent(to, "invalid_request", "response_type is required");
        }
        if (!type.get().equals("code")) {
            throw new Sent(to, "unsupported_response_type", "the response type must be code");
        }
        if (!request.parameter("response_mode").orElse("query").equals("query")) {
            throw new Sent(to, "invalid_request", "the response mode must be query");
        }
        if (!client.uses("authorization_code")) {
            throw new Sent(to, "unauthorized_client", "the client does not use authorization codes");
        }
    }

    /// RFC 7636 §4.3, RFC 9700 §2.1.1: for every client, by S256. A missing method would be `plain`.
    private static String challenge(OAuthRequest request, Sent.Return to) {
        var challenge = request.parameter("code_challenge").orElse("");
        if (challenge.isEmpty()) {
            throw new Sent(to, "invalid_request", "code_challenge is required");
        }
        if (!request.parameter("code_challenge_method").orElse("plain").equals("S256")) {
            throw new Sent(to, "invalid_request", "code_challenge_method must be S256");
        }
        if (!S256_CHALLENGE.matcher(challenge).matches()) {
            throw new Sent(to, "invalid_request", "code_challenge must be 43 characters of base64url");
        }
        return challenge;
    }

    /// OpenID Connect Core §3.1.2.1: `none` stands alone. Values that are not known are ignored.
    private static Set<AuthorizationRequest.Prompt> prompts(OAuthRequest request, Sent.Return to) {
        var prompts = EnumSet.noneOf(AuthorizationRequest.Prompt.class);
        var asked = Scope.parse(request.parameter("prompt").orElse(""));
        for (var prompt : AuthorizationRequest.Prompt.values()) {
            if (asked.contains(prompt.name().toLowerCase(Locale.ROOT))) {
                prompts.add(prompt);
            }
        }
        if (asked.contains("none") && asked.size() > 1) {
            throw new Sent(to, "invalid_request", "the prompt none stands alone");
        }
        return prompts;
    }

    private static @Nullable Duration maxAge(OAuthRequest request, Sent.Return to) {
        var text = request.parameter("max_age");
        if (text.isEmpty()) {
            return null;
        }
        if (text.get().length() > MAX_AGE_DIGITS || !text.get().chars().allMatch(c -> c >= '0' && c <= '9')) {
            throw new Sent(to, "invalid_request", "max_age must be a number of seconds");
        }
        return Duration.ofSeconds(Long.parseLong(text.get()));
    }

    private static @Nullable String bounded(OAuthRequest request, String name, int most, Sent.Return to) {
        var value = request.parameter(name);
        if (value.isPresent() && value.get().length() > most) {
            throw new Sent(to, "invalid_request", name + " is too long");
        }
        return value.orElse(null);
    }

    /// RFC 8707 §2.1.
    private Mono<List<Resource>> resources(OAuthRequest request, Sent.Return to) {
        var asked = new LinkedHashSet<>(request.all("resource"));
        if (asked.isEmpty()) {
            asked.add(resources.byDefault());
        }
        if (asked.size() > MAX_RESOURCES) {
            return Mono.error(() -> new Sent(to, "invalid_target", "there are too many resources"));
        }
        return Flux.fromIterable(asked)
                .concatMap(uri -> resources
                        .find(uri)
                        .switchIfEmpty(Mono.error(() -> new Sent(
                                to, "invalid_target", "a resource is not known, or does not take our tokens"))))
                .collectList();
    }

    /// A registered scope is a default, never a ceiling: what the person allows is. Scopes that are not known
    /// are left out, unless nothing else is asked for.
    private static Set<String> scopes(OAuthRequest request, Client client, List<Resource> resources, Sent.Return to) {
        var known = new HashSet<>(resources.getFirst().scopes());
        resources.forEach(resource -> known.retainAll(resource.scopes()));
        if (!client.isKnown()) {
            known.removeAll(ScopeCatalogue.FOR_KNOWN_CLIENTS);
        }
        var text = request.parameter("scope");
        var asked = text.map(Scope::parse).orElse(client.metadata().scopes());
        var scopes = new LinkedHashSet<>(asked);
        scopes.retainAll(known);
        if (scopes.isEmpty()) {
            boolean nothingAsked =
                    text.isEmpty() || Set.of(ScopeCatalogue.OFFLINE_ACCESS).equals(asked);
            if (!nothingAsked || !known.contains(ScopeCatalogue.DEFAULT)) {
                throw new Sent(to, "invalid_scope", "none of the scopes is known");
            }
            scopes.add(ScopeCatalogue.DEFAULT);
        }
        return scopes;
    }

    /// `requested_actor`: another client that is to act.
    private Mono<String> actor(OAuthRequest request, Client client, Sent.Return to) {
        var asked = request.parameter("requested_actor");
        if (asked.isEmpty() || asked.get().equals(client.id())) {
            return Mono.just(client.id());
        }
        return clients.find(asked.get())
                .onErrorResume(OAuthError.class, _ -> Mono.empty())
                .map(Client::id)
                .switchIfEmpty(Mono.error(() -> new Sent(to, "invalid_request", "the requested actor is not known")));
    }
}
