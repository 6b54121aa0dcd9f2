/// What this authorization server can do, for clients to find out (RFC 8414).
@NullMarked
package dev.behalf.authz.discovery;

import org.jspecify.annotations.NullMarked;
