package dev.behalf.kernel.oauth;

import dev.behalf.kernel.outbound.HttpCallFailed;
import dev.behalf.kernel.outbound.HttpCaller;
import dev.behalf.kernel.outbound.HttpReply;
import dev.behalf.kernel.secret.Secret;
import io.micronaut.context.annotation.Requires;
import io.netty.handler.codec.http.HttpMethod;
import jakarta.inject.Singleton;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.regex.Pattern;
import reactor.core.publisher.Mono;

/// The service's own access tokens, one for each service that it calls: fetched with `client_credentials`
/// (RFC 6749 §4.4) for one audience (RFC 8707), kept until shortly before they expire.
@Singleton
@Requires(property = "behalf.oauth.client-secret")
public final class ServiceTokens implements TokenSource {

    private static final Duration RENEW_BEFORE_EXPIRY = Duration.ofSeconds(30);
    private static final Duration MAX_LIFETIME = Duration.ofDays(1);

    /// What may stand behind `Bearer` (RFC 6750 §2.1).
    private static final Pattern TOKEN = Pattern.compile("[A-Za-z0-9._~+/-]+=*");

    private record Token(Secret value, Instant renewAt) {}

    private final HttpCaller http = HttpCaller.trusted("authz-token", Duration.ofSeconds(3), 16 * 1024);
    private final OAuthSettings settings;
    private final Clock clock;
    private final ConcurrentMap<String, Token> kept = new ConcurrentHashMap<>();
    private final ConcurrentMap<String, Mono<Token>> inFlight = new ConcurrentHashMap<>();

    ServiceTokens(OAuthSettings settings, Clock clock) {
        this.settings = settings;
        this.clock = clock;
    }

    /// A token for that audience, with every scope that this client has there. Fails with [HttpCallFailed] while the
    /// authorization server does not give one.
    ///
    /// @param audience such as [Audience#IDP_REGISTRY]
    public Mono<Secret> forAudience(String audience) {
        return Mono.defer(() -> {
            var token = kept.get(audience);
            if (token != null && clock.instant().isBefore(token.renewAt)) {
                return Mono.just(token.value);
            }
            return inFlight.computeIfAbsent(audience, this::fetch).map(Token::value);
        });
    }

    @Override
    public Mono<Map<String, String>> authorization(String audience) {
        return forAudience(audience).map(token -> Map.of("Authorization", "Bearer " + token.reveal()));
    }

    @Override
    public void forget(String audience) {
        kept.remove(audience);
    }

    private Mono<Token> fetch(String audience) {
        var form = "grant_type=client_credentials&resource=" + URLEncoder.encode(audience, StandardCharsets.UTF_8);
        var basic = Base64.getEncoder()
                .encodeToString((encoded(settings.client()) + ":"
                                + encoded(settings.secret().reveal()))
                        .getBytes(StandardCharsets.US_ASCII));
        var headers = Map.of(
                "Authorization", "Basic " + basic,
                "Content-Type", "application/x-www-form-urlencoded",
                "Accept", "application/json");
        return http.call(
                        HttpMethod.POST,
                        URI.create(settings.server() + "/oauth/token"),
                        headers,
                        form.getBytes(StandardCharsets.US_ASCII))
                .map(this::read)
                .doOnNext(token -> kept.put(audience, token))
                .doOnTerminate(() -> inFlight.remove(audience)) // before anybody hears of it, and so can ask again
                .cache();
    }

    private Token read(HttpReply reply) {
        if (reply.status() != 200) {
            throw new HttpCallFailed("the authorization server answered " + reply.status());
        }
        var json = reply.json();
        if (json.get("access_token") instanceof String value
                && TOKEN.matcher(value).matches()
                && json.get("expires_in") instanceof Long seconds
                && seconds > 0
                && seconds <= MAX_LIFETIME.toSeconds()) {
            var lifetime = Duration.ofSeconds(seconds);
            var early = RENEW_BEFORE_EXPIRY.compareTo(lifetime) < 0 ? RENEW_BEFORE_EXPIRY : lifetime.dividedBy(2);
            return new Token(Secret.of(value), clock.instant().plus(lifetime).minus(early));
        }
        throw new HttpCallFailed("the authorization server's answer has no token");
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8); // RFC 6749 §2.3.1
    }
}
