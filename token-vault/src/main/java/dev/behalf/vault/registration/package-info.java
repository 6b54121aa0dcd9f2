/// The vault as a client that registers itself (RFC 7591) and manages what it registered (RFC 7592): once for
/// each issuer, whoever uses it. Start reading at [Registrations].
@NullMarked
package dev.behalf.vault.registration;

import org.jspecify.annotations.NullMarked;
