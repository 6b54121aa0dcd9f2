/// Token revocation (RFC 7009).
@NullMarked
package dev.behalf.authz.revoke;

import org.jspecify.annotations.NullMarked;
