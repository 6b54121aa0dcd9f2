package dev.behalf.vault.agent;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.behalf.kernel.oauth.Audience;
import dev.behalf.kernel.oauth.OAuthSettings;
import dev.behalf.kernel.oauth.ServiceTokens;
import dev.behalf.kernel.outbound.HttpCallFailed;
import dev.behalf.kernel.outbound.HttpCaller;
import dev.behalf.kernel.outbound.HttpReply;
import dev.behalf.kernel.problem.ProblemException;
import dev.behalf.vault.page.AgentName;
import dev.behalf.vault.page.Site;
import jakarta.inject.Singleton;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/// Who an agent is, as the authorization server knows its client.
@Singleton
public final class Agents {

    private static final Logger log = LoggerFactory.getLogger(Agents.class);
    private static final Duration DEADLINE = Duration.ofSeconds(3);
    private static final Duration BELIEVED_AWAY = Duration.ofSeconds(10);
    private static final int MAX_BYTES = 64 * 1024;
    private static final int LONGEST_NAME = 100;

    /// The characters that a client id can have (RFC 6749 Appendix A.1), but for the space.
    private static final Pattern ID = Pattern.compile("[\\x21-\\x7E]{1,500}");

    private final HttpCaller http = HttpCaller.trusted("authz-clients", DEADLINE, MAX_BYTES);
    private final OAuthSettings settings;
    private final ServiceTokens tokens;
    private final Clock clock;
    private volatile Instant awayUntil = Instant.MIN;
    private final Cache<String, AgentName> known = Caffeine.newBuilder()
            .maximumSize(1_000)
            .expireAfterWrite(Duration.ofMinutes(5))
            .build();

    Agents(OAuthSettings settings, ServiceTokens tokens, Clock clock) {
        this.settings = settings;
        this.tokens = tokens;
        this.clock = clock;
    }

    /// The agent of that client id, or nothing when there is none. Fails with 503 when the authorization server
    /// is away: nobody is asked about an agent of which nothing is known.
    public Mono<AgentName> find(String id) {
        return Mono.defer(() -> {
            if (!ID.matcher(id).matches()) {
                return Mono.empty();
            }
            var agent = known.getIfPresent(id);
            return agent != null ? Mono.just(agent) : ask(id).doOnNext(found -> known.put(id, found));
        });
    }

    /// The same for a list of what was allowed before: an agent of which nothing is known now is called by its
    /// id. While the authorization server is away, nobody waits for each of them.
    public Mono<AgentName> named(String id) {
        return Mono.defer(
                        () -> clock.instant().isBefore(awayUntil) ? Mono.justOrEmpty(known.getIfPresent(id)) : find(id))
                .onErrorResume(ProblemException.class, _ -> Mono.empty())
                .defaultIfEmpty(new AgentName(id, id, null, false));
    }

    private Mono<AgentName> ask(String id) {
        var host = host(id);
        return tokens.authorization(Audience.AUTHZ_SERVER)
                .flatMap(headers ->
                        http.get(URI.create(settings.server() + "/api/v1/clients/" + Site.encoded(id)), headers))
                .doOnNext(reply -> {
                    if (reply.status() == 401) {
                        tokens.forget(Audience.AUTHZ_SERVER);
                    }
                })
                .mapNotNull(reply -> read(id, host, reply))
                .onErrorMap(HttpCallFailed.class, fault -> {
                    awayUntil = clock.instant().plus(BELIEVED_AWAY);
                    log.warn("Who the agent {} is cannot be asked: {}", id, fault.getMessage());
                    return ProblemException.unavailable("the authorization server cannot be reached", 2);
                });
    }

    private static @Nullable AgentName read(String id, @Nullable String host, HttpReply reply) {
        if (reply.status() == 404) {
            // Whoever rules the host of a metadata document stands behind the client, used before or not.
            return host == null ? null : new AgentName(id, host, host, false);
        }
        if (reply.status() != 200) {
            throw new HttpCallFailed("the answer was " + reply.status());
        }
        var json = reply.json();
        if (Boolean.FALSE.equals(json.get("enabled"))) {
            return null;
        }
        var name = json.get("client_name") instanceof String text && !text.isBlank() ? text : id;
        return new AgentName(
                id,
                name.length() > LONGEST_NAME ? name.substring(0, LONGEST_NAME) + "…" : name,
                host,
                "registered".equals(json.get("origin")));
    }

    /// Of an id that is the URL of the client's metadata document.
    private static @Nullable String host(String id) {
        if (!id.startsWith("https://")) {
            return null;
        }
        try {
            return URI.create(id).getHost();
        } catch (IllegalArgumentException e) {
            return null;
        }
    }
}
