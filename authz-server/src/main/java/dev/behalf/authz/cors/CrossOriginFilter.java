package dev.behalf.authz.cors;

import io.micronaut.core.order.Ordered;
import io.micronaut.http.HttpMethod;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MutableHttpResponse;
import io.micronaut.http.annotation.Filter;
import io.micronaut.http.filter.HttpServerFilter;
import io.micronaut.http.filter.ServerFilterChain;
import java.util.List;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;

/// Lets scripts of every origin call what takes no cookie, as clients that run in a browser must. No other path answers
/// them, above all not the authorization endpoint and the pages (RFC 9700 §2.6).
@Filter(Filter.MATCH_ALL_PATTERN)
final class CrossOriginFilter implements HttpServerFilter {

    private static final List<String> OPEN =
            List.of("/oauth/register", "/oauth/token", "/oauth/revoke", "/oauth/userinfo", "/jwks", "/.well-known/");

    @Override
    public int getOrder() {
        return Ordered.HIGHEST_PRECEDENCE; // what another filter refuses must be readable too
    }

    @Override
    public Publisher<MutableHttpResponse<?>> doFilter(HttpRequest<?> request, ServerFilterChain chain) {
        if (!isOpen(request.getPath())) {
            return chain.proceed(request);
        }
        if (request.getMethod() == HttpMethod.OPTIONS
                && request.getHeaders().contains("Access-Control-Request-Method")) {
            return Flux.just(open(HttpResponse.noContent())
                    .header("Access-Control-Allow-Methods", "GET, POST, PUT, DELETE")
                    .header("Access-Control-Allow-Headers", "Authorization, Content-Type, MCP-Protocol-Version")
                    .header("Access-Control-Max-Age", "600"));
        }
        return Flux.from(chain.proceed(request)).map(CrossOriginFilter::open);
    }

    private static boolean isOpen(String path) {
        return OPEN.stream()
                .anyMatch(open -> path.equals(open) || path.startsWith(open.endsWith("/") ? open : open + "/"));
    }

    private static MutableHttpResponse<?> open(MutableHttpResponse<?> response) {
        return response.header("Access-Control-Allow-Origin", "*")
                .header("Access-Control-Expose-Headers", "WWW-Authenticate, Retry-After");
    }
}
