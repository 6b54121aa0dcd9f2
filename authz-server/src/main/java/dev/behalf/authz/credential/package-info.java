/// An operator's credential, exchanged by the gateway for a token that one service takes.
/// Start reading at [CredentialController].
@NullMarked
package dev.behalf.authz.credential;

import org.jspecify.annotations.NullMarked;
