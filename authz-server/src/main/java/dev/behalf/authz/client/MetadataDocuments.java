package dev.behalf.authz.client;

import dev.behalf.authz.fetch.FetchedDocuments;
import dev.behalf.authz.oauth.OAuthError;
import dev.behalf.kernel.outbound.HttpCallFailed;
import dev.behalf.kernel.outbound.HttpReply;
import dev.behalf.kernel.outbound.OutboundPolicy;
import jakarta.inject.Singleton;
import java.net.URI;
import java.time.Clock;
import java.util.Map;
import java.util.Set;
import reactor.core.publisher.Mono;

/// Clients whose id is the URL of their metadata document (draft-ietf-oauth-client-id-metadata-document):
/// whoever rules that host stands behind them.
@Singleton
final class MetadataDocuments {

    private final FetchedDocuments<Client> documents;
    private final OutboundPolicy policy;
    private final MetadataRules rules;

    MetadataDocuments(OutboundPolicy policy, RegistrationSettings settings, Clock clock) {
        this.documents = new FetchedDocuments<>(policy, this::read, clock);
        this.policy = policy;
        this.rules = new MetadataRules(
                Set.of(MetadataRules.CODE, MetadataRules.REFRESH, MetadataRules.TOKEN_EXCHANGE),
                Set.of("none", "private_key_jwt"), // a secret cannot be agreed on in public
                "none",
                Set.copyOf(settings.schemes()),
                policy);
    }

    /// Whether a client can have that id.
    boolean isKnowable(String id) {
        return ClientIdUrl.read(id, policy).isPresent();
    }

    /// The client, or nothing when no client can have that id. Fails with [OAuthError] `invalid_client` when
    /// its document cannot be had or is not good; the description says why.
    Mono<Client> find(String id) {
        return Mono.defer(() -> Mono.justOrEmpty(ClientIdUrl.read(id, policy)))
                .flatMap(documents::get)
                .onErrorMap(
                        HttpCallFailed.class,
                        failed -> OAuthError.of(
                                "invalid_client", "the client's metadata document: " + failed.getMessage()));
    }

    private Client read(URI uri, HttpReply reply) {
        var json = reply.json();
        if (!uri.toString().equals(json.get("client_id"))) {
            throw new HttpCallFailed("its client_id is not its URL");
        }
        if (json.containsKey("client_secret") || json.containsKey("client_secret_expires_at")) {
            throw new HttpCallFailed("it holds a client_secret");
        }
        try {
            return new Client(
                    uri.toString(),
                    Client.Origin.METADATA_DOCUMENT,
                    ClientMetadata.of(rules.accept(json)),
                    null,
                    Map.of());
        } catch (OAuthError refused) {
            throw new HttpCallFailed(String.valueOf(refused.getMessage()));
        }
    }
}
