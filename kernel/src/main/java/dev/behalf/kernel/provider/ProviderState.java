package dev.behalf.kernel.provider;

import dev.behalf.kernel.json.Json;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// An identity provider as the registry publishes it: always the full state. The registry has validated it; members
/// that a reader does not know are ignored.
///
/// @param namespace      of the provider; `namespace/name` is its key
/// @param name           unique in its namespace
/// @param revision       the number of the registry's change that made it so; grows over all providers together
/// @param host           the public host for which the provider's tokens count: lower case, without port or final dot
/// @param issuer         the `iss` of its tokens, compared byte for byte
/// @param issuerAliases  further `iss` values that count as the same issuer; empty unless configured
/// @param jwksUri        where its keys are
/// @param audiences      a token must have one of these in `aud`; empty: `aud` is not checked
/// @param algorithms     the JWS algorithms accepted; empty: every asymmetric one that is supported
/// @param userIdClaim    the claim that names the user
/// @param allowedDomains the e-mail domains that users must be of, lower case ASCII; empty: any
public record ProviderState(
        String namespace,
        String name,
        long revision,
        String host,
        String issuer,
        List<String> issuerAliases,
        String jwksUri,
        List<String> audiences,
        List<String> algorithms,
        String userIdClaim,
        List<String> allowedDomains) {

    /// The compacted topic with one record for each provider, keyed [#key].
    public static final String TOPIC = "behalf.identity-providers.v1";

    public static final String UPDATED = "dev.behalf.identity-provider.updated.v1";
    public static final String DELETED = "dev.behalf.identity-provider.deleted.v1";

    public ProviderState {
        issuerAliases = List.copyOf(issuerAliases);
        audiences = List.copyOf(audiences);
        algorithms = List.copyOf(algorithms);
        allowedDomains = List.copyOf(allowedDomains);
    }

    /// `namespace/name`.
    public String key() {
        return namespace + "/" + name;
    }

    /// Whether a token with this `iss` is of this provider.
    public boolean isIssuer(String iss) {
        return issuer.equals(iss) || issuerAliases.contains(iss);
    }

    /// The event's data: the provider's resource as the API shows it, and its `revision`.
    public Map<String, Object> toJson() {
        var idp = new LinkedHashMap<String, Object>();
        idp.put("issuer", issuer);
        idp.put("jwksUri", jwksUri);
        putUnlessEmpty(idp, "audiences", audiences);
        putUnlessEmpty(idp, "issuerAliases", issuerAliases);
        putUnlessEmpty(idp, "algorithms", algorithms);
        var spec = new LinkedHashMap<String, Object>();
        spec.put("host", host);
        spec.put("identityProvider", idp);
        spec.put("userIDClaim", userIdClaim);
        putUnlessEmpty(spec, "allowedDomains", allowedDomains);
        var all = new LinkedHashMap<String, Object>();
        all.put("name", name);
        all.put("namespace", namespace);
        all.put("revision", revision);
        all.put("spec", spec);
        return all;
    }

    /// Reads what [#toJson] wrote.
    ///
    /// @throws IllegalArgumentException when a required member is missing or of another type
    public static ProviderState fromJson(Map<String, @Nullable Object> json) {
        var spec = object(json, "spec");
        var idp = object(spec, "identityProvider");
        return new ProviderState(
                text(json, "namespace"),
                text(json, "name"),
                number(json, "revision"),
                text(spec, "host"),
                text(idp, "issuer"),
                texts(idp, "issuerAliases"),
                text(idp, "jwksUri"),
                texts(idp, "audiences"),
                texts(idp, "algorithms"),
                text(spec, "userIDClaim"),
                texts(spec, "allowedDomains"));
    }

    /// @throws dev.behalf.kernel.json.InvalidJson when it is not a JSON object
    /// @throws IllegalArgumentException          when a required member is missing or of another type
    public static ProviderState fromJson(byte[] utf8) {
        return fromJson(Json.readObject(utf8));
    }

    private static void putUnlessEmpty(Map<String, Object> map, String name, List<String> values) {
        if (!values.isEmpty()) {
            map.put(name, values);
        }
    }

    @SuppressWarnings("unchecked")
    private static Map<String, @Nullable Object> object(Map<String, @Nullable Object> json, String name) {
        if (json.get(name) instanceof Map<?, ?> map) {
            return (Map<String, @Nullable Object>) map;
        }
        throw new IllegalArgumentException(name + " is not an object");
    }

    private static String text(Map<String, @Nullable Object> json, String name) {
        if (json.get(name) instanceof String text) {
            return text;
        }
        throw new IllegalArgumentException(name + " is not a string");
    }

    private static long number(Map<String, @Nullable Object> json, String name) {
        if (json.get(name) instanceof Long number) {
            return number;
        }
        throw new IllegalArgumentException(name + " is not a number");
    }

    private static List<String> texts(Map<String, @Nullable Object> json, String name) {
        return switch (json.get(name)) {
            case null -> List.of();
            case List<?> list
            when list.stream().allMatch(String.class::isInstance) ->
                list.stream().map(String.class::cast).toList();
            default -> throw new IllegalArgumentException(name + " is not a list of strings");
        };
    }
}
