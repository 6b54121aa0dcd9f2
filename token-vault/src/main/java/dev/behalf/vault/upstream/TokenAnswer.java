package dev.behalf.vault.upstream;

import dev.behalf.kernel.secret.Secret;
import dev.behalf.vault.provider.JsonPath;
import dev.behalf.vault.provider.RefreshTokens;
import dev.behalf.vault.provider.TokenEndpoint;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Reads what a token endpoint answered. Only what is known to be about the user's grant disconnects the user;
/// only what is known to be about the client stops all of them; for the rest one tries again later.
///
/// @param asked when the request was sent
record TokenAnswer(TokenEndpoint endpoint, JsonPath tokensAt, boolean refresh, Instant asked) {

    private static final Pattern TOKEN = Pattern.compile("[\\x21-\\x7E]{1,16384}");
    private static final Pattern TOKEN_TYPE = Pattern.compile("[A-Za-z0-9._-]{1,40}");
    private static final Duration LONGEST_LIFE = Duration.ofDays(3650);
    private static final int MAX_SCOPES = 500;

    private static final Set<String> RECONNECT = Set.of("invalid_grant");
    private static final Set<String> MISCONFIGURED =
            Set.of("invalid_client", "unauthorized_client", "unsupported_grant_type");
    private static final Set<String> SCOPE = Set.of("invalid_scope");
    private static final Set<String> TEMPORARY = Set.of("temporarily_unavailable", "server_error", "slow_down");

    /// @param json the body, or null when it is no JSON
    TokenOutcome read(int status, @Nullable Object json, @Nullable Duration retryAfter) {
        if (status == 429) {
            return new TokenOutcome.Unavailable(retryAfter, "the provider is asked too often");
        }
        if (status >= 500) {
            return new TokenOutcome.Unavailable(retryAfter, "the provider has a failure");
        }
        if (status >= 300 && status < 400) {
            return new TokenOutcome.Unavailable(retryAfter, "the provider answered with a redirect");
        }
        if (!(json instanceof Map<?, ?>)) {
            return new TokenOutcome.Unavailable(retryAfter, "the answer is no JSON object");
        }
        var error = endpoint.errorAt().text(json);
        if (error != null) {
            return refused(error, retryAfter);
        }
        if (status < 200 || status >= 300) {
            return new TokenOutcome.Unavailable(retryAfter, "the provider refused without saying why");
        }
        return given(tokensAt.in(json), retryAfter);
    }

    private TokenOutcome refused(String error, @Nullable Duration retryAfter) {
        var known = endpoint.errors();
        if (RECONNECT.contains(error) || known.reconnect().contains(error)) {
            return new TokenOutcome.UserMustReconnect(
                    refresh ? "the refresh token is not accepted any more" : "the code is not accepted");
        }
        if (MISCONFIGURED.contains(error) || known.misconfigured().contains(error)) {
            return new TokenOutcome.Misconfigured("the provider does not accept the client");
        }
        if (SCOPE.contains(error) || known.scope().contains(error)) {
            return new TokenOutcome.ScopeRefused("a scope is not accepted");
        }
        if (TEMPORARY.contains(error) || known.temporary().contains(error)) {
            return new TokenOutcome.Unavailable(retryAfter, "the provider asked to come later");
        }
        return new TokenOutcome.Unavailable(retryAfter, "the provider refused with an unknown error");
    }

    private TokenOutcome given(@Nullable Object tokens, @Nullable Duration retryAfter) {
        if (!(tokens instanceof Map<?, ?> json)
                || !(json.get("access_token") instanceof String access)
                || !TOKEN.matcher(access).matches()) {
            return new TokenOutcome.Unavailable(retryAfter, "the answer holds no token");
        }
        return new TokenOutcome.Given(new TokenSet(
                Secret.of(access), tokenType(json), refreshToken(json), expiresAt(json), scopes(json.get("scope"))));
    }

    private String tokenType(Map<?, ?> json) {
        if (endpoint.tokenType() != null) {
            return endpoint.tokenType();
        }
        return json.get("token_type") instanceof String type
                        && TOKEN_TYPE.matcher(type).matches()
                        && !type.equalsIgnoreCase("bearer")
                ? type
                : "Bearer";
    }

    private @Nullable Secret refreshToken(Map<?, ?> json) {
        return endpoint.refreshTokens() != RefreshTokens.NONE
                        && json.get("refresh_token") instanceof String token
                        && TOKEN.matcher(token).matches()
                ? Secret.of(token)
                : null;
    }

    /// A life that makes no sense counts as one that was not said.
    private @Nullable Instant expiresAt(Map<?, ?> json) {
        var unsaid = endpoint.expiryIfUnsaid();
        var said = switch (json.get("expires_in")) {
            case Number number -> new BigDecimal(number.toString());
            case String text when text.matches("[0-9]{1,12}") -> new BigDecimal(text);
            case null, default -> null;
        };
        if (said == null || said.signum() < 0) {
            return unsaid == null ? null : asked.plus(unsaid);
        }
        var longest =
                BigDecimal.valueOf(LONGEST_LIFE.dividedBy(endpoint.expiryUnit().getDuration()));
        return asked.plus(said.min(longest).longValue(), endpoint.expiryUnit());
    }

    private @Nullable Set<String> scopes(@Nullable Object said) {
        return switch (said) {
            case String text -> split(text);
            case List<?> list ->
                list.stream()
                        .limit(MAX_SCOPES)
                        .filter(String.class::isInstance)
                        .map(String.class::cast)
                        .collect(Collectors.toCollection(LinkedHashSet::new));
            case null, default -> null;
        };
    }

    private Set<String> split(String text) {
        return Arrays.stream(text.split("[ " + Pattern.quote(endpoint.scopeSeparator()) + "]+"))
                .filter(scope -> !scope.isEmpty())
                .limit(MAX_SCOPES)
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }
}
