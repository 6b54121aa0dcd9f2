package dev.behalf.vault.provider;

import dev.behalf.kernel.secret.Secret;
import dev.behalf.vault.discovery.DiscoveredServer;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// The clients that this vault has registered for itself (RFC 7591): one for each issuer, whichever providers
/// use it.
public interface RegisteredClients {

    /// @param authentication as the server wants it
    record Client(String id, ClientAuthentication authentication) {}

    /// The client as it is, without asking anybody; nothing when there is none.
    Mono<Client> known(String issuer);

    /// A client that users can be sent to the server with: registered anew first, when its secret has expired
    /// or the server has forgotten it. Fails with 503 when that cannot be done now.
    Mono<Client> current(String issuer);

    /// The client there, registered if there is none yet. Fails with 400 when the server refuses, with 503 when
    /// it is away.
    ///
    /// @param scopes             to register for; empty: the server's usual ones
    /// @param initialAccessToken of the operator (RFC 7591 §3); null: the server wants none
    Mono<Client> register(DiscoveredServer server, Set<String> scopes, @Nullable Secret initialAccessToken);

    /// The secret of that very client; nothing when it has none, or is another by now.
    Mono<Secret> secret(String issuer, String clientId);

    /// The server has refused that client: sees to it, after the answer.
    Mono<Void> refused(String issuer, String clientId);

    /// Nobody uses it any more: gives it up, there if possible, and here.
    Mono<Void> release(String issuer);
}
