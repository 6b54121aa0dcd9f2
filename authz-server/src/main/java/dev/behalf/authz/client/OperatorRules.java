package dev.behalf.authz.client;

import dev.behalf.authz.oauth.OAuthError;
import dev.behalf.kernel.oauth.Scope;
import dev.behalf.kernel.outbound.OutboundPolicy;
import jakarta.inject.Singleton;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What an operator may say of a client, by file or API: as a client that registers itself, and besides that it
/// may act for itself (`client_credentials`), and where.
@Singleton
final class OperatorRules {

    private static final int MOST_RESOURCES = 20;

    private final MetadataRules rules;

    OperatorRules(RegistrationSettings registration, OutboundPolicy outbound) {
        this.rules = new MetadataRules(
                Set.of(
                        MetadataRules.CODE,
                        MetadataRules.REFRESH,
                        MetadataRules.TOKEN_EXCHANGE,
                        MetadataRules.CLIENT_CREDENTIALS),
                Set.of("none", "client_secret_basic", "client_secret_post", "private_key_jwt"),
                "client_secret_basic",
                Set.copyOf(registration.schemes()),
                outbound);
    }

    /// @throws OAuthError as [MetadataRules#accept] does
    Map<String, Object> metadata(Map<String, @Nullable Object> given) {
        return rules.accept(given);
    }

    /// The member `resources`: the scopes that the client may have for itself at each resource (RFC 8707), as a
    /// list or as text.
    ///
    /// @throws OAuthError `invalid_client_metadata` when it is something else
    Map<String, Set<String>> resources(@Nullable Object given) {
        if (given == null) {
            return Map.of();
        }
        if (!(given instanceof Map<?, ?> map) || map.size() > MOST_RESOURCES) {
            throw MetadataRules.invalid("resources is not an object with at most " + MOST_RESOURCES + " members");
        }
        var resources = new LinkedHashMap<String, Set<String>>();
        map.forEach((resource, scopes) -> resources.put(resource(resource), scopes(scopes)));
        return resources;
    }

    /// RFC 8707 §2: an absolute URI without a fragment.
    private static String resource(@Nullable Object key) {
        try {
            var uri = new URI(String.valueOf(key));
            if (uri.isAbsolute() && uri.getRawFragment() == null) {
                return uri.toString();
            }
        } catch (URISyntaxException e) {
            // said below
        }
        throw MetadataRules.invalid("resources names what is not an absolute URI without a fragment");
    }

    private static Set<String> scopes(@Nullable Object value) {
        var text = switch (value) {
            case String scopes -> scopes;
            case List<?> list ->
                String.join(" ", list.stream().map(String::valueOf).toList());
            case null, default -> "";
        };
        if (!text.matches("[\\x21\\x23-\\x5B\\x5D-\\x7E]+( +[\\x21\\x23-\\x5B\\x5D-\\x7E]+)*")
                || text.length() > 2_000) {
            throw MetadataRules.invalid("resources does not name scopes"); // RFC 6749 §3.3
        }
        return Scope.parse(text);
    }
}
