package dev.behalf.vault.signin;

import dev.behalf.kernel.jose.InvalidJwt;
import dev.behalf.kernel.jose.JwsAlgorithm;
import dev.behalf.kernel.jose.RawJwt;
import dev.behalf.kernel.oauth.AccessTokenKeys;
import dev.behalf.kernel.oauth.OAuthSettings;
import dev.behalf.kernel.outbound.HttpCallFailed;
import dev.behalf.kernel.outbound.HttpCaller;
import dev.behalf.kernel.outbound.HttpReply;
import dev.behalf.kernel.problem.ProblemException;
import io.netty.handler.codec.http.HttpMethod;
import jakarta.inject.Singleton;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/// Asks the authorization server who signed in.
@Singleton
final class AuthorizationServer {

    private static final Logger log = LoggerFactory.getLogger(AuthorizationServer.class);
    private static final Duration DEADLINE = Duration.ofSeconds(5);
    private static final Duration SKEW = Duration.ofSeconds(60);
    private static final int MAX_BYTES = 64 * 1024;
    private static final int MAX_SUBJECT = 255;
    private static final int RETRY_AFTER_SECONDS = 2;

    /// Somebody signed in.
    ///
    /// @param username for the person to read; the subject where none is told
    record Person(String subject, String username) {}

    private record Tokens(String idToken, String accessToken) {
        @Override
        public String toString() {
            return "Tokens[redacted]";
        }
    }

    private final HttpCaller http = HttpCaller.trusted("authz-sign-in", DEADLINE, MAX_BYTES);
    private final OAuthSettings settings;
    private final AccessTokenKeys keys;
    private final Clock clock;

    AuthorizationServer(OAuthSettings settings, AccessTokenKeys keys, Clock clock) {
        this.settings = settings;
        this.keys = keys;
        this.clock = clock;
    }

    /// Who came back with that code; nothing when the code, or the ID token that it is redeemed for, proves
    /// nobody. Fails with 503 when the authorization server is away.
    Mono<Person> redeem(String code, Attempt attempt, String redirectUri) {
        return tokens(code, attempt.verifier(), redirectUri)
                .flatMap(tokens -> subject(tokens.idToken, attempt.nonce())
                        .flatMap(subject ->
                                username(tokens.accessToken, subject).map(username -> new Person(subject, username))))
                .onErrorMap(HttpCallFailed.class, fault -> {
                    log.warn("The authorization server did not say who signed in: {}", fault.getMessage());
                    return ProblemException.unavailable(
                            "the authorization server cannot be reached", RETRY_AFTER_SECONDS);
                });
    }

    /// RFC 6749 §4.1.3.
    private Mono<Tokens> tokens(String code, String verifier, String redirectUri) {
        var form = "grant_type=authorization_code&code=" + encoded(code) + "&code_verifier=" + encoded(verifier)
                + "&redirect_uri=" + encoded(redirectUri);
        var pair = encoded(settings.client()) + ":" + encoded(settings.secret().reveal());
        return http.call(
                        HttpMethod.POST,
                        URI.create(settings.server() + "/oauth/token"),
                        Map.of(
                                "Authorization",
                                "Basic " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.US_ASCII)),
                                "Content-Type",
                                "application/x-www-form-urlencoded",
                                "Accept",
                                "application/json"),
                        form.getBytes(StandardCharsets.US_ASCII))
                .mapNotNull(AuthorizationServer::read);
    }

    private static @Nullable Tokens read(HttpReply reply) {
        if (reply.status() == 400) {
            return null; // RFC 6749 §5.2: the code is not good
        }
        if (reply.status() != 200) {
            throw new HttpCallFailed("the answer to a code was " + reply.status());
        }
        var json = reply.json();
        if (json.get("id_token") instanceof String idToken && json.get("access_token") instanceof String accessToken) {
            return new Tokens(idToken, accessToken);
        }
        throw new HttpCallFailed("the answer to a code has no tokens");
    }

    /// OpenID Connect Core §3.1.3.7: signed by the server's key with the algorithm that the client registered,
    /// for this client alone, for this very attempt, now.
    private Mono<String> subject(String idToken, String nonce) {
        RawJwt jwt;
        try {
            jwt = RawJwt.parse(idToken);
        } catch (InvalidJwt e) {
            return refused("form");
        }
        var keyId = jwt.keyId();
        if (jwt.algorithm() != JwsAlgorithm.ES256
                || (jwt.type() != null && !"jwt".equals(jwt.type()))
                || keyId == null) {
            return refused("header");
        }
        return keys.forKeyId(keyId)
                .publishOn(Schedulers.parallel()) // a signature takes a good part of a millisecond
                .flatMap(set -> Mono.justOrEmpty(set.verify(jwt)))
                .switchIfEmpty(refused("signature"))
                .flatMap(proved -> subject(proved.claims(), nonce));
    }

    private <T> Mono<T> refused(String check) {
        return Mono.fromRunnable(() -> log.warn("An ID token was refused: {}", check));
    }

    private Mono<String> subject(Map<String, @Nullable Object> claims, String nonce) {
        var aud = claims.get("aud");
        boolean forUs =
                settings.client().equals(aud) || List.of(settings.client()).equals(aud);
        if (!settings.issuer().equals(claims.get("iss")) || !forUs || !nonce.equals(claims.get("nonce"))) {
            return refused("iss, aud or nonce");
        }
        if (!(claims.get("exp") instanceof Long expiry) || !(claims.get("iat") instanceof Long issued)) {
            return refused("times");
        }
        var now = clock.instant();
        if (!now.isBefore(Instant.ofEpochSecond(expiry))
                || Instant.ofEpochSecond(issued).isAfter(now.plus(SKEW))) {
            return refused("times");
        }
        return claims.get("sub") instanceof String subject && !subject.isEmpty() && subject.length() <= MAX_SUBJECT
                ? Mono.just(subject)
                : refused("sub");
    }

    /// OpenID Connect Core §5.3.2: what is told of another subject is not used. People who are not told their
    /// name can sign in all the same.
    private Mono<String> username(String accessToken, String subject) {
        return http.get(
                        URI.create(settings.server() + "/oauth/userinfo"),
                        Map.of("Authorization", "Bearer " + accessToken, "Accept", "application/json"))
                .map(reply -> {
                    if (reply.status() != 200) {
                        return subject;
                    }
                    var json = reply.json();
                    return subject.equals(json.get("sub"))
                                    && json.get("preferred_username") instanceof String name
                                    && !name.isBlank()
                                    && name.length() <= MAX_SUBJECT
                            ? name
                            : subject;
                })
                .onErrorReturn(HttpCallFailed.class, subject);
    }

    private static String encoded(String text) {
        return java.net.URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
