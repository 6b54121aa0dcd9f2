package dev.behalf.vault.upstream;

import dev.behalf.kernel.outbound.HttpCallFailed;
import dev.behalf.kernel.problem.ProblemException;
import dev.behalf.kernel.secret.Secret;
import dev.behalf.vault.crypto.NotDecryptable;
import dev.behalf.vault.provider.ClientAuthentication;
import dev.behalf.vault.provider.ClientSecretUnreadable;
import dev.behalf.vault.provider.ClientSecrets;
import dev.behalf.vault.provider.JsonPath;
import dev.behalf.vault.provider.OAuthProvider;
import dev.behalf.vault.provider.RegisteredClients;
import jakarta.inject.Singleton;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// The requests to token endpoints.
@Singleton
final class TokenCalls {

    private final ProviderCaller caller;
    private final ClientSecrets secrets;
    private final RegisteredClients clients;
    private final Breakers breakers;

    TokenCalls(ProviderCaller caller, ClientSecrets secrets, RegisteredClients clients, Breakers breakers) {
        this.caller = caller;
        this.secrets = secrets;
        this.clients = clients;
        this.breakers = breakers;
    }

    Mono<TokenOutcome> redeem(OAuthProvider provider, String code, String codeVerifier, URI redirectUri) {
        var parameters = new LinkedHashMap<String, String>();
        parameters.put("grant_type", "authorization_code");
        parameters.put("code", code);
        parameters.put("redirect_uri", redirectUri.toString());
        if (provider.authorization().pkce()) {
            parameters.put("code_verifier", codeVerifier);
        }
        return ask(
                provider, provider.token().url(), parameters, provider.token().tokensAt(), false);
    }

    Mono<TokenOutcome> refresh(OAuthProvider provider, Secret refreshToken) {
        var parameters = new LinkedHashMap<String, String>();
        parameters.put("grant_type", "refresh_token");
        parameters.put("refresh_token", refreshToken.reveal());
        return ask(
                provider,
                provider.token().refreshUrl(),
                parameters,
                provider.token().refreshedAt(),
                true);
    }

    private Mono<TokenOutcome> ask(
            OAuthProvider provider, URI url, Map<String, String> parameters, JsonPath tokensAt, boolean refresh) {
        parameters.putAll(provider.token().parameters());
        return breakers.guard(provider, url, withSecret(provider, url, parameters, tokensAt, refresh))
                .flatMap(outcome -> seenTo(provider, outcome).thenReturn(outcome));
    }

    /// A client that this vault has registered, and the server refuses: nobody else would see to it.
    private Mono<Void> seenTo(OAuthProvider provider, TokenOutcome outcome) {
        return outcome instanceof TokenOutcome.Misconfigured && provider.registration() != null
                ? clients.refused(provider.registration(), provider.clientId()).onErrorComplete()
                : Mono.empty();
    }

    private Mono<TokenOutcome> withSecret(
            OAuthProvider provider, URI url, Map<String, String> parameters, JsonPath tokensAt, boolean refresh) {
        return Mono.defer(() -> secrets.of(provider))
                .map(Optional::of)
                .defaultIfEmpty(Optional.empty())
                .flatMap(secret -> secret.isEmpty() && provider.token().secretRequired()
                        ? Mono.just((TokenOutcome) new TokenOutcome.Misconfigured("the client has no secret"))
                        : ask(provider, url, parameters, tokensAt, refresh, secret.orElse(null)))
                .onErrorResume(
                        NotDecryptable.class,
                        _ -> Mono.just(new TokenOutcome.Misconfigured("the client secret does not open")))
                .onErrorResume(
                        ClientSecretUnreadable.class,
                        _ -> Mono.just(new TokenOutcome.Misconfigured("the file of the client secret cannot be read")))
                .onErrorResume(
                        ProblemException.class,
                        _ -> Mono.just(new TokenOutcome.Unavailable(null, "the client secret cannot be read now")));
    }

    private Mono<TokenOutcome> ask(
            OAuthProvider provider,
            URI url,
            Map<String, String> parameters,
            JsonPath tokensAt,
            boolean refresh,
            @Nullable Secret secret) {
        var endpoint = provider.token();
        var headers = new LinkedHashMap<String, String>();
        headers.put("Accept", "application/json");
        headers.putAll(endpoint.headers());
        if (secret != null && endpoint.authentication() == ClientAuthentication.BASIC) {
            headers.put("Authorization", ProviderCaller.basic(provider.clientId(), secret));
        } else {
            parameters.put("client_id", provider.clientId());
            if (secret != null && endpoint.authentication() == ClientAuthentication.BODY) {
                parameters.put("client_secret", secret.reveal());
            }
        }
        var asked = caller.now(); // the token's life began after this, so what is computed is not too late
        return caller.send("POST", url, headers, endpoint.bodyFormat(), parameters)
                .map(reply -> new TokenAnswer(endpoint, tokensAt, refresh, asked)
                        .read(reply.status(), ProviderCaller.json(reply), caller.retryAfter(reply)))
                .onErrorResume(
                        HttpCallFailed.class,
                        fault -> Mono.just(new TokenOutcome.Unavailable(null, String.valueOf(fault.getMessage()))));
    }
}
