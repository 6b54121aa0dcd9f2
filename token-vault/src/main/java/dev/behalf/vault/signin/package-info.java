/// People sign in at the vault's pages through the authorization server: the vault is an OpenID relying party
/// of it (code flow with PKCE). Start reading at [SignIn].
@NullMarked
package dev.behalf.vault.signin;

import org.jspecify.annotations.NullMarked;
