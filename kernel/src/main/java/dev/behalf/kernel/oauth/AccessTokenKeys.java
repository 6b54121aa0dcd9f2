package dev.behalf.kernel.oauth;

import com.nimbusds.jose.jwk.ECKey;
import reactor.core.publisher.Mono;

/// The public keys of our own authorization server.
public interface AccessTokenKeys {

    /// The ES256 key of that id, or nothing when there is none. Fails with
    /// [dev.behalf.kernel.problem.ProblemException] (503) while the keys cannot be read.
    Mono<ECKey> byId(String keyId);
}
