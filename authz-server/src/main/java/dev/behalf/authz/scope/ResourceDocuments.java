package dev.behalf.authz.scope;

import dev.behalf.authz.fetch.FetchedDocuments;
import dev.behalf.kernel.oauth.OAuthSettings;
import dev.behalf.kernel.outbound.HttpCallFailed;
import dev.behalf.kernel.outbound.HttpReply;
import dev.behalf.kernel.outbound.OutboundPolicy;
import jakarta.inject.Singleton;
import java.net.URI;
import java.time.Clock;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/// Reads the documents in which resources say whose tokens they take (RFC 9728 §3).
@Singleton
final class ResourceDocuments {

    private static final Logger log = LoggerFactory.getLogger(ResourceDocuments.class);
    private static final int MAX_SCOPES = 200;
    private static final String WELL_KNOWN = "/.well-known/oauth-protected-resource";

    /// What a resource says of itself.
    ///
    /// @param resource  its identifier, as it says
    /// @param namesUs   whether it takes our tokens
    record Document(String resource, boolean namesUs, Set<String> scopes) {
        Document {
            scopes = Set.copyOf(scopes);
        }
    }

    private final FetchedDocuments<Document> documents;
    private final OutboundPolicy policy;
    private final String issuer;

    ResourceDocuments(OutboundPolicy policy, OAuthSettings settings, Clock clock) {
        this.documents = new FetchedDocuments<>(policy, (_, reply) -> parse(reply), clock);
        this.policy = policy;
        this.issuer = settings.issuer();
    }

    /// The document of that resource, or nothing when there is none that says that it takes our tokens.
    Mono<Document> read(String resource) {
        return Mono.defer(() -> {
            var uri = URI.create(resource);
            if (uri.isOpaque() || policy.refusal(uri).isPresent()) {
                return Mono.empty();
            }
            return documents
                    .get(wellKnown(uri))
                    .onErrorResume(HttpCallFailed.class, failure -> {
                        log.info(
                                "The metadata of a resource at {} was not read: {}",
                                uri.getHost(),
                                failure.getMessage());
                        return Mono.empty();
                    })
                    .filter(document -> document.namesUs && resource.equals(document.resource)); // RFC 9728 §3.3
        });
    }

    /// The well-known path goes between host and path (RFC 9728 §3.1).
    private static URI wellKnown(URI resource) {
        var path = resource.getRawPath().equals("/") ? "" : resource.getRawPath();
        var query = resource.getRawQuery() == null ? "" : "?" + resource.getRawQuery();
        return URI.create(resource.getScheme() + "://" + resource.getRawAuthority() + WELL_KNOWN + path + query);
    }

    private Document parse(HttpReply reply) {
        var json = reply.json();
        return new Document(
                String.valueOf(json.get("resource")),
                json.get("authorization_servers") instanceof List<?> servers && servers.contains(issuer),
                scopes(json));
    }

    private static Set<String> scopes(Map<String, ?> json) {
        var scopes = new LinkedHashSet<String>();
        if (json.get("scopes_supported") instanceof List<?> list) {
            list.stream()
                    .limit(MAX_SCOPES)
                    .filter(one -> one instanceof String text && text.matches("[\\x21\\x23-\\x5B\\x5D-\\x7E]{1,128}"))
                    .forEach(one -> scopes.add((String) one));
        }
        return scopes;
    }
}
