package dev.behalf.authz.federation;

import dev.behalf.authz.page.PageError;
import dev.behalf.authz.page.PagePath;
import dev.behalf.kernel.oauth.OAuthSettings;
import dev.behalf.kernel.outbound.HttpCallFailed;
import dev.behalf.kernel.secret.Secret;
import dev.behalf.kernel.secret.Sha256;
import io.micronaut.http.HttpStatus;
import jakarta.inject.Singleton;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/// Sends people to a provider, and finds out from what comes back who they are there.
@Singleton
public final class Federation {

    private static final Logger log = LoggerFactory.getLogger(Federation.class);
    private static final Duration LASTS = Duration.ofMinutes(10);

    /// A button on the sign-in page.
    ///
    /// @param name  of the provider in paths
    /// @param title for people
    public record Choice(String name, String title) {}

    /// What came back from a provider.
    record Answer(
            String state, @Nullable String code, @Nullable String issuer) {}

    /// Somebody proved who they are at a provider.
    record Proved(FederatedSignIn signIn, String issuer, IdToken who) {}

    private final SignInProviders providers;
    private final ProviderClient client;
    private final FederatedSignInTable table;
    private final Clock clock;
    private final String callback;

    Federation(
            SignInProviders providers,
            ProviderClient client,
            FederatedSignInTable table,
            OAuthSettings settings,
            Clock clock) {
        this.providers = providers;
        this.client = client;
        this.table = table;
        this.clock = clock;
        this.callback = settings.issuer() + "/login/callback/";
    }

    /// The providers through which people can sign in now.
    public List<Choice> choices() {
        return providers.usable().stream()
                .map(provider -> new Choice(provider.name(), provider.label()))
                .toList();
    }

    /// Where to send the browser: the provider's authorization endpoint (RFC 6749 §4.1.1).
    ///
    /// @param browser   what the browser keeps: only there can the sign-in be completed
    /// @param page      where to go when it is done
    /// @param again     the person must prove who they are, even when the provider still knows them
    /// @param connectTo the account that is to be connected, or null to sign in
    public Mono<URI> begin(String name, Secret browser, String page, boolean again, @Nullable String connectTo) {
        return Mono.defer(() -> {
                    var provider = providers.require(name).provider();
                    var state = Secret.random().reveal();
                    var now = now();
                    var signIn = new FederatedSignIn(name, page, again, connectTo, now.plus(LASTS));
                    return client.metadata(provider.issuer())
                            .flatMap(metadata -> table.removeExpired(now)
                                    .then(table.insert(Sha256.of(state), Sha256.of(browser.reveal()), signIn))
                                    .thenReturn(location(metadata, provider, state, browser, again)));
                })
                .onErrorMap(HttpCallFailed.class, fault -> failed(name, fault));
    }

    /// Who it is that came back. Fails with a [PageError] when that is not proved.
    Mono<Proved> complete(String name, Secret browser, Answer answer) {
        return Mono.defer(() -> table.take(Sha256.of(answer.state()), Sha256.of(browser.reveal()), now()))
                .filter(signIn -> signIn.provider().equals(name))
                .switchIfEmpty(Mono.error(() -> PageError.of(HttpStatus.BAD_REQUEST, "error.federation")))
                .flatMap(signIn -> prove(signIn, browser, answer))
                .onErrorMap(HttpCallFailed.class, fault -> failed(name, fault))
                .onErrorMap(IdToken.Refused.class, refused -> {
                    log.warn("An ID token of {} was refused: {}", name, refused.getMessage());
                    return PageError.of(HttpStatus.FORBIDDEN, "error.federation.refused");
                });
    }

    private Mono<Proved> prove(FederatedSignIn signIn, Secret browser, Answer answer) {
        // Looked up again: it may have been deleted since the browser was sent there
        var usable = providers.require(signIn.provider());
        var provider = usable.provider();
        var issuer = provider.issuer();
        return client.metadata(issuer).flatMap(metadata -> {
            checkIssuer(metadata, issuer, answer.issuer());
            var code = answer.code();
            if (code == null || code.isEmpty()) {
                return Mono.error(() -> PageError.of(HttpStatus.FORBIDDEN, "error.federation.refused"));
            }
            var verifier = FederatedSignIn.verifier(answer.state(), browser);
            return client.redeem(provider, metadata, code, callback + provider.name(), verifier)
                    .zipWhen(_ -> client.keys(usable.registered().jwksUri()))
                    .publishOn(Schedulers.parallel()) // a signature takes a good part of a millisecond
                    .map(both -> {
                        var since = signIn.again() ? signIn.expiresAt().minus(LASTS) : null;
                        var nonce = FederatedSignIn.nonce(answer.state(), browser);
                        var expected = new IdToken.Expected(
                                usable.registered(), provider.clientId(), nonce, since, clock.instant());
                        var tokens = both.getT1();
                        return new Proved(
                                signIn,
                                issuer,
                                IdToken.verify(tokens.idToken(), tokens.accessToken(), both.getT2(), expected));
                    });
        });
    }

    /// RFC 9207 §2.4: an answer of another authorization server may have been mixed up with this one.
    private static void checkIssuer(ProviderMetadata metadata, String issuer, @Nullable String named) {
        if (named == null ? metadata.namesIssuer() : !named.equals(issuer)) {
            throw PageError.of(HttpStatus.FORBIDDEN, "error.federation.refused");
        }
    }

    private URI location(
            ProviderMetadata metadata, SignInProvider provider, String state, Secret browser, boolean again) {
        var endpoint = metadata.authorizationEndpoint();
        var query = "response_type=code&response_mode=query&scope=openid%20email%20profile"
                + "&client_id=" + PagePath.encode(provider.clientId())
                + "&redirect_uri=" + PagePath.encode(callback + provider.name())
                + "&state=" + state
                + "&nonce=" + FederatedSignIn.nonce(state, browser)
                + "&code_challenge=" + FederatedSignIn.challenge(state, browser)
                + "&code_challenge_method=S256"
                + (again ? "&prompt=login&max_age=0" : "");
        return URI.create(endpoint + (endpoint.getRawQuery() == null ? "?" : "&") + query);
    }

    private static PageError failed(String name, HttpCallFailed fault) {
        log.warn("Signing in through {} failed: {}", name, fault.getMessage());
        return PageError.of(HttpStatus.BAD_GATEWAY, "error.federation");
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MILLIS);
    }
}
