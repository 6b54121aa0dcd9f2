package dev.behalf.vault.discovery;

import dev.behalf.kernel.outbound.HttpCallFailed;
import dev.behalf.kernel.outbound.HttpCaller;
import dev.behalf.kernel.outbound.HttpReply;
import dev.behalf.kernel.outbound.OutboundPolicy;
import jakarta.inject.Singleton;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// Asks the places where a server describes itself, one after the other. A document counts only if it says that
/// it is about the very URL that was asked for; redirects are not followed, and nobody is told what was found.
/// Everything fails with [NotDiscovered]. Nothing is remembered here: who asks keeps what was found.
@Singleton
public final class Discovery {

    private static final int MAX_BODY_BYTES = 128 * 1024;
    private static final int MOST_SERVERS = 20;
    private static final String NONE = "nothing is published there";
    private static final Map<String, String> JSON = Map.of("Accept", "application/json");

    /// RFC 9728 §5.1.
    private static final Pattern RESOURCE_METADATA = Pattern.compile(
            "(?i)(?:^|[\\s,])resource_metadata\\s*=\\s*(?:\"([^\"\\\\]{1,1000})\"|([^\\s,\"]{1,1000}))");

    private final HttpCaller http;
    private final OutboundPolicy policy;

    Discovery(OutboundPolicy policy, DiscoverySettings settings) {
        this.policy = policy;
        this.http = HttpCaller.guarded(policy, settings.answerWithin(), MAX_BODY_BYTES);
    }

    /// The authorization server of that issuer (RFC 8414 §3, OpenID Connect Discovery §4).
    ///
    /// @param issuer an https URL without query and fragment, compared as text
    public Mono<DiscoveredServer> server(String issuer) {
        return Mono.defer(() -> {
            var url = Document.url(issuer, policy, "the issuer");
            if (url.getRawQuery() != null) {
                throw new NotDiscovered("the issuer must not have a query");
            }
            return first(
                            WellKnown.of(url).ofAuthorizationServer(),
                            "no authorization server was found for the issuer",
                            document -> server(issuer, document))
                    .flatMap(found -> found.userInfo() == null && found.scopes().contains("openid")
                            ? withUserInfo(found, url)
                            : Mono.just(found));
        });
    }

    /// Servers that are OpenID providers too may say what is so of an OpenID provider in that document only. It
    /// must tell of the very same endpoints.
    private Mono<DiscoveredServer> withUserInfo(DiscoveredServer found, URI issuer) {
        return first(
                        WellKnown.of(issuer).ofOpenIdProvider(),
                        "it is no OpenID provider",
                        document -> server(found.issuer(), document))
                .flatMap(provider -> provider.userInfo() != null
                                && provider.token().equals(found.token())
                                && provider.authorization().equals(found.authorization())
                        ? Mono.just(found.withUserInfo(provider.userInfo()))
                        : Mono.just(found))
                .onErrorResume(NotDiscovered.class, _ -> Mono.just(found));
    }

    /// The resource at that URL (RFC 9728): by the document that it names when it is called without a token, or
    /// at its well-known places.
    public Mono<DiscoveredResource> resource(String resource) {
        return Mono.defer(() -> {
            var url = Document.url(resource, policy, "the resource");
            return named(url).flatMap(named -> {
                var places = new ArrayList<URI>();
                named.ifPresent(places::add);
                places.addAll(WellKnown.of(url).ofProtectedResource());
                return first(
                        places.stream().distinct().toList(),
                        "no metadata of the resource was found",
                        document -> resource(url, document));
            });
        });
    }

    private Mono<Optional<URI>> named(URI resource) {
        return http.get(resource, JSON)
                .map(reply -> reply.headers().getAll("WWW-Authenticate").stream()
                        .map(RESOURCE_METADATA::matcher)
                        .filter(java.util.regex.Matcher::find)
                        .map(found -> found.group(1) == null ? found.group(2) : found.group(1))
                        .findFirst()
                        .map(text -> Document.url(text, policy, "resource_metadata")))
                .onErrorReturn(HttpCallFailed.class, Optional.empty());
    }

    private <T> Mono<T> first(List<URI> places, String otherwise, Function<Document, T> read) {
        var faults = new ArrayList<String>();
        return Flux.fromIterable(places)
                .concatMap(place -> http.get(place, JSON)
                        .map(reply -> read.apply(document(reply)))
                        .onErrorResume(
                                HttpCallFailed.class,
                                fault -> Mono.error(new NotDiscovered(String.valueOf(fault.getMessage()))))
                        .onErrorResume(NotDiscovered.class, fault -> {
                            faults.add(place + ": " + fault.getMessage());
                            return Mono.empty();
                        }))
                .next()
                .switchIfEmpty(Mono.error(() -> new NotDiscovered(otherwise + "; " + telling(faults))));
    }

    /// What most likely is the reason: a document that is wrong, rather than one that is not there.
    private static String telling(List<String> faults) {
        return faults.stream()
                .filter(fault -> !fault.endsWith(NONE))
                .findFirst()
                .orElseGet(faults::getFirst);
    }

    private Document document(HttpReply reply) {
        int status = reply.status();
        if (status >= 300 && status < 400) {
            throw new NotDiscovered("it answers with a redirect, which is not followed");
        }
        if (status == 404 || status == 401 || status == 403 || status == 405 || status == 410) {
            throw new NotDiscovered(NONE);
        }
        if (status != 200) {
            throw new NotDiscovered("it answers with status " + status);
        }
        return new Document(reply.json(), policy);
    }

    private static DiscoveredServer server(String issuer, Document metadata) {
        if (!issuer.equals(metadata.text("issuer"))) {
            throw new NotDiscovered("the metadata is of another issuer");
        }
        if (!metadata.names("response_types_supported", Set.of("code")).contains("code")
                || !metadata.names("grant_types_supported", Set.of("authorization_code"))
                        .contains("authorization_code")) {
            throw new NotDiscovered("the server does not give out codes");
        }
        return new DiscoveredServer(
                issuer,
                metadata.endpoint("authorization_endpoint"),
                metadata.endpoint("token_endpoint"),
                metadata.optionalEndpoint("registration_endpoint"),
                metadata.optionalEndpoint("revocation_endpoint"),
                metadata.optionalEndpoint("userinfo_endpoint"),
                metadata.names("scopes_supported", Set.of()),
                metadata.names("token_endpoint_auth_methods_supported", Set.of("client_secret_basic")),
                metadata.names("code_challenge_methods_supported", Set.of()).contains("S256"),
                metadata.isTrue("authorization_response_iss_parameter_supported"));
    }

    private static DiscoveredResource resource(URI asked, Document metadata) {
        var resource = metadata.text("resource");
        if (resource == null || !isOf(asked, resource)) {
            throw new NotDiscovered("the metadata is of another resource");
        }
        var servers = metadata.members().get("authorization_servers") instanceof List<?> list
                ? list.stream()
                        .limit(MOST_SERVERS)
                        .filter(String.class::isInstance)
                        .map(String.class::cast)
                        .toList()
                : List.<String>of();
        return new DiscoveredResource(
                resource, metadata.words("resource_name"), servers, metadata.names("scopes_supported", Set.of()));
    }

    /// Whether the one is the other, or a part of it at the same origin: MCP servers name their host as the
    /// resource, too.
    private static boolean isOf(URI asked, String resource) {
        var text = asked.toString();
        if (text.equals(resource)) {
            return true;
        }
        var origin = WellKnown.of(asked).origin();
        var base = resource.endsWith("/") ? resource : resource + "/";
        return (base.startsWith(origin + "/") && text.startsWith(base)) || resource.equals(text + "/");
    }
}
