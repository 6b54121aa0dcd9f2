package dev.behalf.authz.client.authentication;

import dev.behalf.authz.client.Client;
import dev.behalf.authz.oauth.OAuthError;
import dev.behalf.authz.oauth.OAuthRequest;
import io.micronaut.core.annotation.Order;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;
import reactor.core.publisher.Mono;

/// `client_secret_basic`: id and secret, each form-encoded, in HTTP Basic (RFC 6749 §2.3.1).
@Singleton
@Order(1)
final class ClientSecretBasic implements ClientAuthentication {

    private static final String SCHEME = "Basic ";

    private record Pair(String id, String secret) {
        @Override
        public String toString() {
            return "Pair[" + id + "]";
        }
    }

    @Override
    public String method() {
        return "client_secret_basic";
    }

    @Override
    public boolean isUsedBy(OAuthRequest request) {
        return !request.authorization().isEmpty();
    }

    @Override
    public boolean isFor(String registeredMethod) {
        return SharedSecret.isFor(registeredMethod);
    }

    @Override
    public Optional<String> claimedId(OAuthRequest request) {
        return read(request).map(Pair::id);
    }

    @Override
    public Mono<Boolean> proves(OAuthRequest request, Client client) {
        return Mono.justOrEmpty(read(request).map(pair -> client.hasSecret(pair.secret)));
    }

    private static Optional<Pair> read(OAuthRequest request) {
        var headers = request.authorization();
        if (headers.size() != 1 || !headers.getFirst().regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
            return Optional.empty();
        }
        try {
            var decoded = Base64.getDecoder()
                    .decode(headers.getFirst().substring(SCHEME.length()).strip());
            var text = new String(decoded, StandardCharsets.UTF_8);
            int colon = text.indexOf(':');
            if (colon < 0) {
                return Optional.empty();
            }
            var id = OAuthRequest.decode(text.substring(0, colon));
            var named = request.parameter("client_id");
            if (named.isPresent() && !named.get().equals(id)) {
                return Optional.empty();
            }
            return Optional.of(new Pair(id, OAuthRequest.decode(text.substring(colon + 1))));
        } catch (IllegalArgumentException | OAuthError e) {
            return Optional.empty();
        }
    }
}
