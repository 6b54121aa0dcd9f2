package dev.behalf.vault.upstream;

import dev.behalf.kernel.outbound.HttpCallFailed;
import dev.behalf.kernel.outbound.HttpReply;
import dev.behalf.kernel.problem.ProblemException;
import dev.behalf.kernel.secret.Secret;
import dev.behalf.vault.provider.ClientSecretUnreadable;
import dev.behalf.vault.provider.ClientSecrets;
import dev.behalf.vault.provider.CredentialHeader;
import dev.behalf.vault.provider.JsonPath;
import dev.behalf.vault.provider.OAuthProvider;
import dev.behalf.vault.provider.RevocationEndpoint;
import io.micronaut.http.HttpStatus;
import jakarta.inject.Singleton;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// The requests that end tokens.
@Singleton
final class RevocationCalls {

    private static final JsonPath ERROR = JsonPath.of("/error");

    private final ProviderCaller caller;
    private final ClientSecrets secrets;

    RevocationCalls(ProviderCaller caller, ClientSecrets secrets) {
        this.caller = caller;
        this.secrets = secrets;
    }

    Mono<RevocationOutcome> revoke(OAuthProvider provider, Secret token) {
        var endpoint = provider.revocation();
        if (endpoint == null) {
            return Mono.just(new RevocationOutcome.NotSupported());
        }
        return secret(provider, endpoint)
                .flatMap(secret -> ask(provider, endpoint, token, secret.orElse(null)))
                .map(reply -> read(endpoint, reply))
                .onErrorResume(
                        HttpCallFailed.class, fault -> Mono.just(failed(String.valueOf(fault.getMessage()), true)))
                .onErrorResume(
                        ClientSecretUnreadable.class,
                        _ -> Mono.just(failed("the file of the client secret cannot be read", true)))
                .onErrorResume(
                        ProblemException.class,
                        fault -> Mono.just(failed(
                                "the client secret cannot be read now",
                                fault.problem().status() == HttpStatus.SERVICE_UNAVAILABLE.getCode())));
    }

    private Mono<Optional<Secret>> secret(OAuthProvider provider, RevocationEndpoint endpoint) {
        return switch (endpoint.authentication()) {
            case BASIC, BODY ->
                Mono.defer(() -> secrets.of(provider)).map(Optional::of).defaultIfEmpty(Optional.empty());
            case NONE, BEARER -> Mono.just(Optional.empty());
        };
    }

    private Mono<HttpReply> ask(
            OAuthProvider provider, RevocationEndpoint endpoint, Secret token, @Nullable Secret secret) {
        var headers = new LinkedHashMap<String, String>();
        headers.put("Accept", "application/json");
        headers.putAll(endpoint.headers());
        var parameters = new LinkedHashMap<String, String>();
        parameters.put(endpoint.tokenParameter(), token.reveal());
        switch (endpoint.authentication()) {
            case BASIC -> {
                if (secret == null) {
                    parameters.put("client_id", provider.clientId());
                } else {
                    headers.put("Authorization", ProviderCaller.basic(provider.clientId(), secret));
                }
            }
            case BODY -> {
                parameters.put("client_id", provider.clientId());
                if (secret != null) {
                    parameters.put("client_secret", secret.reveal());
                }
            }
            case NONE -> {}
            case BEARER -> {
                parameters.clear();
                headers.put(CredentialHeader.BEARER.name(), CredentialHeader.BEARER.value(token));
            }
        }
        return caller.send(
                endpoint.method().name(),
                endpoint.url().fill(Map.of("client_id", provider.clientId())),
                headers,
                endpoint.bodyFormat(),
                parameters);
    }

    private static RevocationOutcome read(RevocationEndpoint endpoint, HttpReply reply) {
        int status = reply.status();
        var error = ERROR.text(ProviderCaller.json(reply));
        if (error != null && endpoint.goneErrors().contains(error)) {
            return new RevocationOutcome.Revoked();
        }
        if (status >= 200 && status < 300) {
            return error == null ? new RevocationOutcome.Revoked() : failed("the provider refused", false);
        }
        if (endpoint.goneStatuses().contains(status)) {
            return new RevocationOutcome.Revoked();
        }
        if ("unsupported_token_type".equals(error)) {
            return new RevocationOutcome.NotSupported(); // RFC 7009 §2.2.1
        }
        return status == 429 || status >= 500
                ? failed("the provider cannot do it now", true)
                : failed("the provider refused", false);
    }

    private static RevocationOutcome failed(String reason, boolean passing) {
        return new RevocationOutcome.Failed(reason, passing);
    }
}
