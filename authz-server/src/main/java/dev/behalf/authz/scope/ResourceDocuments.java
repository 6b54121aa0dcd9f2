package dev.behalf.authz.scope;

import com.github.benmanes.caffeine.cache.AsyncCache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.behalf.kernel.json.InvalidJson;
import dev.behalf.kernel.oauth.OAuthSettings;
import dev.behalf.kernel.outbound.HttpCallFailed;
import dev.behalf.kernel.outbound.HttpCaller;
import dev.behalf.kernel.outbound.HttpReply;
import dev.behalf.kernel.outbound.OutboundPolicy;
import jakarta.inject.Singleton;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/// Reads the documents in which resources say whose tokens they take (RFC 9728 §3). What was read is remembered
/// for [#REMEMBERED], a failure too, so that nobody can make us ask a host more often.
@Singleton
final class ResourceDocuments {

    private static final Logger log = LoggerFactory.getLogger(ResourceDocuments.class);
    private static final Duration DEADLINE = Duration.ofSeconds(5);
    private static final Duration REMEMBERED = Duration.ofMinutes(5);
    private static final int MAX_BYTES = 64 * 1024;
    private static final int MAX_SCOPES = 200;
    private static final String WELL_KNOWN = "/.well-known/oauth-protected-resource";

    /// A document that names us.
    record Document(Set<String> scopes) {}

    private final AsyncCache<String, Optional<Document>> read = Caffeine.newBuilder()
            .maximumSize(1_000)
            .expireAfterWrite(REMEMBERED)
            .buildAsync();
    private final HttpCaller http;
    private final OutboundPolicy policy;
    private final String issuer;

    ResourceDocuments(OutboundPolicy policy, OAuthSettings settings) {
        this.policy = policy;
        this.http = HttpCaller.guarded(policy, DEADLINE, MAX_BYTES);
        this.issuer = settings.issuer();
    }

    /// The document of that resource, or nothing when there is none that says that it takes our tokens.
    Mono<Document> read(String resource) {
        return Mono.fromFuture(() -> read.get(resource, (key, _) -> fetch(key)), true)
                .flatMap(Mono::justOrEmpty);
    }

    private CompletableFuture<Optional<Document>> fetch(String resource) {
        var uri = URI.create(resource);
        if (uri.isOpaque() || policy.refusal(uri).isPresent()) {
            return CompletableFuture.completedFuture(Optional.empty());
        }
        return http.get(wellKnown(uri), Map.of("Accept", "application/json"))
                .map(reply -> parse(resource, reply))
                .onErrorResume(HttpCallFailed.class, failure -> {
                    log.info("The metadata of a resource at {} was not read: {}", uri.getHost(), failure.getMessage());
                    return Mono.just(Optional.empty());
                })
                .toFuture();
    }

    /// The well-known path goes between host and path (RFC 9728 §3.1).
    private static URI wellKnown(URI resource) {
        var path = resource.getRawPath().equals("/") ? "" : resource.getRawPath();
        var query = resource.getRawQuery() == null ? "" : "?" + resource.getRawQuery();
        return URI.create(resource.getScheme() + "://" + resource.getRawAuthority() + WELL_KNOWN + path + query);
    }

    private Optional<Document> parse(String resource, HttpReply reply) {
        if (reply.status() != 200) {
            return Optional.empty();
        }
        try {
            var json = reply.json();
            if (!resource.equals(json.get("resource")) // RFC 9728 §3.3
                    || !(json.get("authorization_servers") instanceof List<?> servers)
                    || !servers.contains(issuer)) {
                return Optional.empty();
            }
            var scopes = new LinkedHashSet<String>();
            if (json.get("scopes_supported") instanceof List<?> list) {
                list.stream()
                        .limit(MAX_SCOPES)
                        .filter(one ->
                                one instanceof String text && text.matches("[\\x21\\x23-\\x5B\\x5D-\\x7E]{1,128}"))
                        .forEach(one -> scopes.add((String) one));
            }
            return Optional.of(new Document(scopes));
        } catch (InvalidJson e) {
            return Optional.empty();
        }
    }
}
