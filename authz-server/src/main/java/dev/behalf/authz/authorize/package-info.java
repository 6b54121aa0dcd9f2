/// The authorization endpoint (OAuth 2.1 §4.1, RFC 9126, RFC 9207): from an agent's request, over the person's
/// sign-in and consent, to the code that the agent redeems. Start reading at [AuthorizationController]. Nothing
/// outside touches the tables `pushed_request` and `authorization_code`.
@NullMarked
package dev.behalf.authz.authorize;

import org.jspecify.annotations.NullMarked;
