package dev.behalf.authz.authorize;

import dev.behalf.authz.client.Client;
import dev.behalf.authz.scope.Resource;
import dev.behalf.kernel.secret.Sha256;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A request for authorization that passed every check which needs no person.
///
/// @param redirectUri where the answer goes
/// @param redirectUriGiven whether the request named it, and so the token request must too
/// @param challenge   `code_challenge`, of method S256 (RFC 7636)
/// @param scopes      what is asked for, as far as it is known at every resource
/// @param resources   what the tokens are to be for; at least one
/// @param actor       who will act: `requested_actor`, or the client itself
/// @param maxAge      how long ago the person may have signed in, or null for any
/// @param pushed      the digest of the pushed request that it came from, or null
record AuthorizationRequest(
        Client client,
        String redirectUri,
        boolean redirectUriGiven,
        @Nullable String state,
        String challenge,
        Set<String> scopes,
        List<Resource> resources,
        String actor,
        @Nullable String nonce,
        Set<Prompt> prompts,
        @Nullable Duration maxAge,
        @Nullable String loginHint,
        @Nullable Sha256 pushed) {

    AuthorizationRequest {
        scopes = Set.copyOf(scopes);
        resources = List.copyOf(resources);
        prompts = Set.copyOf(prompts);
    }

    List<String> resourceUris() {
        return resources.stream().map(Resource::uri).toList();
    }

    boolean prompts(Prompt prompt) {
        return prompts.contains(prompt);
    }

    /// How often the person must be asked (OpenID Connect Core §3.1.2.1).
    enum Prompt {
        NONE,
        LOGIN,
        CONSENT,
        SELECT_ACCOUNT
    }
}
