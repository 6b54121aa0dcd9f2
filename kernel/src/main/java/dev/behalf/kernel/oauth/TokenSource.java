package dev.behalf.kernel.oauth;

import java.util.Map;
import reactor.core.publisher.Mono;

/// Where a service has its own access tokens from.
public interface TokenSource {

    /// The `Authorization` header with a token for that audience.
    Mono<Map<String, String>> authorization(String audience);

    /// Forgets the token for that audience: the service there refused it.
    void forget(String audience);
}
