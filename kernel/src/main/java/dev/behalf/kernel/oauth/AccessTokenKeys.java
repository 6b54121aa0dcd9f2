package dev.behalf.kernel.oauth;

import dev.behalf.kernel.jose.KeySet;
import reactor.core.publisher.Mono;

/// The public keys of our own authorization server.
public interface AccessTokenKeys {

    /// All keys, as new as they must be to say whether there is one of that id. Fails with
    /// [dev.behalf.kernel.problem.ProblemException] (503) while none have been read.
    Mono<KeySet> forKeyId(String keyId);
}
