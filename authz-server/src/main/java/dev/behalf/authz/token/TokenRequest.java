package dev.behalf.authz.token;

import dev.behalf.authz.client.Client;
import dev.behalf.authz.oauth.OAuthRequest;
import java.time.Instant;

/// A request to the token endpoint whose client proved who it is.
///
/// @param arrivedAt when it came
record TokenRequest(Client client, OAuthRequest parameters, Instant arrivedAt) {}
