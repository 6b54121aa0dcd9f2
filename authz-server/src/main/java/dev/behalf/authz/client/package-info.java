/// The clients that may ask for tokens, from wherever they come: the suite's own, the operator's, those that
/// registered themselves (RFC 7591) and those whose id is the URL of their metadata. Start reading at [Clients].
@NullMarked
package dev.behalf.authz.client;

import org.jspecify.annotations.NullMarked;
