/// Our own access tokens (RFC 9068) between the services: asking the authorization server for one ([ServiceTokens]),
/// and checking one that came in ([AccessTokenVerifier]).
@NullMarked
package dev.behalf.kernel.oauth;

import org.jspecify.annotations.NullMarked;
