package dev.behalf.authz.scope;

import dev.behalf.kernel.oauth.OAuthSettings;
import jakarta.inject.Singleton;
import java.net.URI;
import java.util.HashSet;
import java.util.Set;
import reactor.core.publisher.Mono;

/// Tells which resources tokens can be asked for (RFC 8707): the suite itself and all below its URL, those that
/// the operator defined, and those that publish a document by which they take our tokens (RFC 9728). So nobody
/// has to register each resource here, and no token can be had for one that does not want it.
@Singleton
public final class Resources {

    private final ScopeCatalogue catalogue;
    private final ResourceDocuments documents;
    private final String issuer;

    Resources(ScopeCatalogue catalogue, ResourceDocuments documents, OAuthSettings settings) {
        this.catalogue = catalogue;
        this.documents = documents;
        this.issuer = settings.issuer();
    }

    /// The resource of a request that names none: the suite.
    public String byDefault() {
        return issuer;
    }

    /// The resource, or nothing when tokens cannot be asked for it.
    public Mono<Resource> find(String uri) {
        if (!ResourceUri.isGood(uri)) {
            return Mono.empty();
        }
        for (var pattern : catalogue.resources()) {
            if (pattern.matches(uri)) {
                var title = pattern.title().isEmpty() ? title(uri) : pattern.title();
                return Mono.just(new Resource(
                        uri, title, pattern.scopes().isEmpty() ? catalogue.names() : withPerson(pattern.scopes())));
            }
        }
        if (ResourceUri.isWithin(uri, issuer)) {
            return Mono.just(new Resource(uri, title(uri), catalogue.names()));
        }
        return documents
                .read(uri)
                .map(document -> new Resource(
                        uri,
                        title(uri),
                        document.scopes().isEmpty() ? catalogue.names() : withPerson(document.scopes())));
    }

    private static Set<String> withPerson(Set<String> scopes) {
        var all = new HashSet<>(scopes);
        all.addAll(ScopeCatalogue.ABOUT_THE_PERSON);
        return all;
    }

    /// What people know a resource by: its host and path.
    private static String title(String uri) {
        var parsed = URI.create(uri);
        return parsed.isOpaque()
                ? uri
                : parsed.getAuthority() + (parsed.getRawPath().equals("/") ? "" : parsed.getRawPath());
    }
}
