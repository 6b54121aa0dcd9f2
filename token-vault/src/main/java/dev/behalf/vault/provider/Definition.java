package dev.behalf.vault.provider;

import dev.behalf.kernel.outbound.OutboundPolicy;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// Makes providers of definitions. Whatever is not understood is a fault.
final class Definition {

    private static final String SEPARATOR = "[ ,+;]";
    private static final String WORD = "[a-z_]{1,40}";
    private static final int MAX_REQUESTS = 4;

    /// Of `client`: put there by the vault, never by an operator.
    static final String REGISTRATION = "registration";

    /// How long a unit of `expires_in` may be.
    private enum ExpiryUnit {
        SECONDS(ChronoUnit.SECONDS),
        MILLISECONDS(ChronoUnit.MILLIS),
        MINUTES(ChronoUnit.MINUTES);

        private final ChronoUnit unit;

        ExpiryUnit(ChronoUnit unit) {
            this.unit = unit;
        }
    }

    private enum Kind {
        OAUTH,
        API_KEY
    }

    private Definition() {}

    /// The one with the changes of the other: objects are merged, other values are replaced, null removes.
    static Map<String, @Nullable Object> merge(
            Map<String, @Nullable Object> base, Map<String, @Nullable Object> changes) {
        var merged = new LinkedHashMap<String, @Nullable Object>(base);
        changes.forEach((name, change) -> {
            if (change == null) {
                merged.remove(name);
            } else if (change instanceof Map<?, ?> inner && merged.get(name) instanceof Map<?, ?> before) {
                merged.put(name, merge(cast(before), cast(inner)));
            } else if (change instanceof Map<?, ?> inner) {
                merged.put(name, merge(Map.of(), cast(inner))); // without the nulls that have nothing to remove
            } else {
                merged.put(name, change);
            }
        });
        return merged;
    }

    /// Reads a whole definition, without `extends`, `client.secret` and `client.secretFile`.
    ///
    /// @throws InvalidProvider for the first fault found
    static Provider read(ProviderId id, UUID instance, Map<String, @Nullable Object> json, OutboundPolicy policy) {
        var fields = new Fields("", json, policy);
        var provider = switch (kind(fields)) {
            case OAUTH -> oauth(id, instance, fields);
            case API_KEY -> apiKey(id, instance, fields);
        };
        fields.end();
        return provider;
    }

    private static Kind kind(Fields fields) {
        return switch (fields.text("kind")) {
            case "oauth" -> Kind.OAUTH;
            case "api-key" -> Kind.API_KEY;
            default -> throw fields.fault("kind", "must be oauth or api-key");
        };
    }

    private static ApiKeyProvider apiKey(ProviderId id, UUID instance, Fields fields) {
        var credential = fields.object("credential");
        var header = new CredentialHeader(
                credential.credentialHeader("header"), credential.matching("prefix", "[\\x20-\\x7E]{0,40}", ""));
        credential.end();
        return new ApiKeyProvider(
                id,
                instance,
                fields.text("displayName"),
                fields.optionalUrl("iconUrl"),
                fields.optionalText("description"),
                header,
                account(fields));
    }

    private static OAuthProvider oauth(ProviderId id, UUID instance, Fields fields) {
        var client = fields.object("client");
        var clientId = client.text("id");
        boolean secretRequired = client.flag("secretRequired", false);
        var registration = client.optionalText(REGISTRATION);
        client.end();
        var issuer = fields.optionalUrl("issuer");
        boolean issRequired = fields.flag("issRequired", false);
        if (issRequired && issuer == null) {
            throw fields.fault("issuer", "is required where iss is");
        }
        return new OAuthProvider(
                id,
                instance,
                fields.text("displayName"),
                fields.optionalUrl("iconUrl"),
                fields.optionalText("description"),
                issuer == null ? null : issuer.toString(),
                issRequired,
                clientId,
                registration,
                authorization(fields.object("authorization")),
                token(fields.object("token"), secretRequired),
                fields.has("revocation") ? revocation(fields.object("revocation")) : null,
                account(fields),
                scopes(fields.object("scopes")));
    }

    private static AuthorizationEndpoint authorization(Fields fields) {
        var endpoint = new AuthorizationEndpoint(
                fields.url("url"),
                fields.flag("pkce", true),
                fields.matching("scopeParameter", WORD, "scope"),
                fields.matching("scopeSeparator", SEPARATOR, " "),
                fields.textMap("parameters"),
                fields.textMap("incrementalParameters"));
        fields.end();
        requireFree(fields, "parameters", endpoint.parameters(), endpoint.scopeParameter());
        requireFree(fields, "incrementalParameters", endpoint.incrementalParameters(), endpoint.scopeParameter());
        return endpoint;
    }

    private static void requireFree(Fields fields, String name, Map<String, String> parameters, String scope) {
        for (var parameter : parameters.keySet()) {
            if (AuthorizationEndpoint.RESERVED.contains(parameter) || parameter.equals(scope)) {
                throw fields.fault(name, "must not have " + parameter + ", which belongs to the protocol");
            }
        }
    }

    private static TokenEndpoint token(Fields fields, boolean secretRequired) {
        var url = fields.url("url");
        var refreshUrl = fields.optionalUrl("refreshUrl");
        var errors = fields.object("errors");
        var tokenType = fields.matching("tokenType", "[A-Za-z0-9._-]{1,40}", "");
        var endpoint = new TokenEndpoint(
                url,
                refreshUrl == null ? url : refreshUrl,
                fields.choice("authentication", ClientAuthentication.class, ClientAuthentication.BASIC),
                fields.choice("bodyFormat", BodyFormat.class, BodyFormat.FORM),
                secretRequired,
                fields.headers("headers"),
                tokenParameters(fields),
                fields.jsonPath("tokensAt", JsonPath.ROOT),
                fields.jsonPath("refreshedAt", JsonPath.ROOT),
                fields.jsonPath("errorAt", JsonPath.of("/error")),
                fields.matching("scopeSeparator", SEPARATOR, " "),
                tokenType.isEmpty() ? null : tokenType,
                fields.choice("expiryUnit", ExpiryUnit.class, ExpiryUnit.SECONDS).unit,
                fields.duration("expiryIfUnsaid"),
                fields.choice("refreshTokens", RefreshTokens.class, RefreshTokens.ROTATED),
                new TokenErrors(
                        errors.texts("reconnect"),
                        errors.texts("misconfigured"),
                        errors.texts("scope"),
                        errors.texts("temporary")));
        errors.end();
        fields.end();
        return endpoint;
    }

    private static Map<String, String> tokenParameters(Fields fields) {
        var parameters = fields.textMap("parameters");
        for (var parameter : parameters.keySet()) {
            if (TokenEndpoint.RESERVED.contains(parameter)) {
                throw fields.fault("parameters", "must not have " + parameter + ", which belongs to the protocol");
            }
        }
        return parameters;
    }

    private static RevocationEndpoint revocation(Fields fields) {
        var endpoint = new RevocationEndpoint(
                fields.template("url", Set.of("client_id")),
                RevocationEndpoint.Method.valueOf(fields.matching("method", "POST|DELETE", "POST")),
                fields.choice(
                        "authentication",
                        RevocationEndpoint.Authentication.class,
                        RevocationEndpoint.Authentication.BASIC),
                fields.choice("bodyFormat", BodyFormat.class, BodyFormat.FORM),
                fields.matching("tokenParameter", WORD, "token"),
                fields.headers("headers"),
                fields.statuses("goneStatuses"),
                fields.texts("goneErrors"));
        fields.end();
        return endpoint;
    }

    private static @Nullable AccountSource account(Fields provider) {
        if (!provider.has("account")) {
            return null;
        }
        var fields = provider.object("account");
        var all = fields.object("requests");
        var requests = new ArrayList<AccountSource.Request>();
        for (var name : all.names()) {
            requests.add(request(all.object(name), !requests.isEmpty()));
        }
        if (requests.isEmpty() || requests.size() > MAX_REQUESTS) {
            throw fields.fault("requests", "must be 1 to " + MAX_REQUESTS);
        }
        if (requests.stream().noneMatch(request -> request.fields().containsKey(AccountSource.Field.ID))) {
            throw fields.fault("requests", "must find the id");
        }
        var source = new AccountSource(
                requests,
                fields.headers("headers"),
                fields.optionalPath("errorAt"),
                fields.texts("tokenErrors"),
                fields.optionalTemplate("profileUrl", Set.of("id", "username")));
        fields.end();
        return source;
    }

    private static AccountSource.Request request(Fields fields, boolean later) {
        var url = fields.template("url", later ? Set.of("id") : Set.of());
        boolean optional = fields.flag("optional", false);
        var paths = new EnumMap<AccountSource.Field, JsonPath>(AccountSource.Field.class);
        FIELDS.forEach((name, field) -> {
            var path = fields.optionalPath(name);
            if (path != null) {
                paths.put(field, path);
            }
        });
        fields.end();
        return new AccountSource.Request(url, optional, paths);
    }

    private static final Map<String, AccountSource.Field> FIELDS = Map.of(
            "id", AccountSource.Field.ID,
            "username", AccountSource.Field.USERNAME,
            "name", AccountSource.Field.NAME,
            "email", AccountSource.Field.EMAIL,
            "avatarUrl", AccountSource.Field.AVATAR_URL,
            "profileUrl", AccountSource.Field.PROFILE_URL);

    private static ScopeRules scopes(Fields fields) {
        var rules = new ScopeRules(
                List.copyOf(fields.texts("standard")), fields.flag("compared", true), fields.listMap("includes"));
        fields.end();
        return rules;
    }

    @SuppressWarnings("unchecked")
    static Map<String, @Nullable Object> cast(Map<?, ?> map) {
        return (Map<String, @Nullable Object>) map;
    }
}
