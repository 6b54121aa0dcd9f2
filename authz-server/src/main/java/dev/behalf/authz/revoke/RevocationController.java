package dev.behalf.authz.revoke;

import dev.behalf.authz.client.Client;
import dev.behalf.authz.client.authentication.ClientAuthenticator;
import dev.behalf.authz.event.GrantEvents;
import dev.behalf.authz.event.Revocation;
import dev.behalf.authz.grant.Grants;
import dev.behalf.authz.oauth.OAuthRequest;
import dev.behalf.authz.token.AccessToken;
import dev.behalf.authz.token.AccessTokenReader;
import dev.behalf.kernel.access.Unprotected;
import dev.behalf.kernel.database.Database;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Consumes;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Post;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/// `/oauth/revoke` (RFC 7009). With a refresh token goes its whole grant: its access tokens, and all that was
/// delegated. An access token goes alone. A token that is not known, or another client's, is answered as one
/// that is gone.
@Controller
final class RevocationController {

    private static final Logger audit = LoggerFactory.getLogger("behalf.audit");

    /// Some clients want JSON where RFC 7009 §2.2 has them ignore the body.
    private static final byte[] DONE = "{}".getBytes(StandardCharsets.US_ASCII);

    private final ClientAuthenticator clients;
    private final AccessTokenReader tokens;
    private final Grants grants;
    private final GrantEvents events;
    private final Database database;
    private final Clock clock;

    RevocationController(
            ClientAuthenticator clients,
            AccessTokenReader tokens,
            Grants grants,
            GrantEvents events,
            Database database,
            Clock clock) {
        this.clients = clients;
        this.tokens = tokens;
        this.grants = grants;
        this.events = events;
        this.database = database;
        this.clock = clock;
    }

    @Post(value = "/oauth/revoke", produces = MediaType.APPLICATION_JSON)
    @Consumes(MediaType.ALL)
    @Unprotected("the client proves itself in the request")
    Mono<HttpResponse<byte[]>> revoke(HttpRequest<byte[]> http) {
        return Mono.fromSupplier(() -> OAuthRequest.ofForm(http))
                .flatMap(request -> clients.authenticate(request)
                        .flatMap(client ->
                                revoke(request.required("token"), client).thenReturn(client)))
                .map(_ -> HttpResponse.ok(DONE).header("Cache-Control", "no-store"));
    }

    private Mono<Void> revoke(String token, Client client) {
        return grants.revokeByRefreshToken(token, client.id())
                .then(tokens.read(token))
                .filter(read -> read.entitlement().clientId().equals(client.id()))
                .flatMap(read -> database.transaction(
                                connection -> events.revoked(connection, List.of(revocation(read)), "client"))
                        .doOnSuccess(_ -> audit.info("access token {} revoked by {}", read.id(), client.id())));
    }

    private Revocation revocation(AccessToken token) {
        return new Revocation(Revocation.Kind.TOKEN, token.id(), clock.instant(), token.expiresAt());
    }
}
