/// What the OAuth endpoints share: how a request is read ([OAuthRequest]) and how an error is answered ([OAuthError]).
@NullMarked
package dev.behalf.authz.oauth;

import org.jspecify.annotations.NullMarked;
