/// Which of our own access tokens count no more though they have not expired: the set of them ([Revocations]), and
/// how a service that judges tokens follows the authorization server ([RevocationFeed]).
@NullMarked
package dev.behalf.kernel.revocation;

import org.jspecify.annotations.NullMarked;
