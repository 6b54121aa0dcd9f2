/// How a client proves who it is (RFC 6749 §2.3), at every endpoint that asks. Start reading at [ClientAuthenticator];
/// a further way is one more implementation of [ClientAuthentication] beside its siblings.
@NullMarked
package dev.behalf.authz.client.authentication;

import org.jspecify.annotations.NullMarked;
