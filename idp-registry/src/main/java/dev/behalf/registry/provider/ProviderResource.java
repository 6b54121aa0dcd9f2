package dev.behalf.registry.provider;

import dev.behalf.kernel.json.InvalidJson;
import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.outbound.OutboundPolicy;
import dev.behalf.kernel.provider.ProviderState;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// An identity provider as a client sends it, checked: a value of this type can be stored.
///
/// Its JSON is that of the API: `{name, namespace, spec}`, with empty lists left out.
record ProviderResource(ProviderState state) {

    private static final int MAX_URL = 2048;
    private static final int MAX_CLAIM = 256;
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9]([A-Za-z0-9._-]{0,251}[A-Za-z0-9])?");
    private static final Set<String> ALGORITHMS =
            Set.of("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519");

    /// Reads and checks a request.
    ///
    /// @param namespace of the path, or null when the path has none and the body decides
    /// @param strict    refuse members that are not known, below `spec` too
    /// @throws InvalidField for the first fault found
    static ProviderResource parse(
            byte @Nullable [] body, @Nullable String namespace, boolean strict, OutboundPolicy policy) {
        var top = new Members("", object(body));
        var name = name(top.text("name", 253), "name");
        var space = name(top.text("namespace", 253, namespace == null ? "default" : namespace), "namespace");
        if (namespace != null && !namespace.equals(space)) {
            throw new InvalidField("namespace", "is not the workspace of the path");
        }
        var spec = top.object("spec");
        var host = HostName.canonical(spec.text("host", MAX_URL))
                .orElseThrow(() -> new InvalidField(
                        "spec.host",
                        "must be a host name, such as portal.agents.example.com, without scheme, port or path"));
        var idp = spec.object("identityProvider");
        var issuer = absoluteUrl(idp.text("issuer", MAX_URL), idp.path("issuer"));
        var jwksUri = idp.text("jwksUri", MAX_URL);
        policy.refusal(url(jwksUri, idp.path("jwksUri"))).ifPresent(reason -> {
            throw new InvalidField(idp.path("jwksUri"), reason);
        });
        var algorithms = idp.texts("algorithms", 16);
        if (!ALGORITHMS.containsAll(algorithms)) {
            throw new InvalidField(
                    idp.path("algorithms"),
                    "may hold only "
                            + String.join(", ", ALGORITHMS.stream().sorted().toList()));
        }
        var state = new ProviderState(
                space,
                name,
                0,
                host,
                issuer,
                idp.texts("issuerAliases", MAX_URL),
                jwksUri,
                idp.texts("audiences", MAX_URL),
                algorithms,
                spec.text("userIDClaim", MAX_CLAIM),
                domains(spec));
        if (strict) {
            top.only(Set.of("name", "namespace", "spec"));
            spec.only(Set.of("host", "identityProvider", "userIDClaim", "allowedDomains"));
            idp.only(Set.of("issuer", "jwksUri", "audiences", "issuerAliases", "algorithms"));
        }
        return new ProviderResource(state);
    }

    static ProviderResource of(ProviderState state) {
        return new ProviderResource(state);
    }

    /// The resource as the API shows it: exactly the documented members, in their order.
    byte[] toJson() {
        return Json.write(json());
    }

    Map<String, Object> json() {
        var json = new LinkedHashMap<>(state.toJson());
        json.remove("revision");
        return json;
    }

    /// Whether both say the same, whatever their revisions.
    boolean says(ProviderResource other) {
        return json().equals(other.json());
    }

    /// A name or namespace, if it is one.
    static String name(String text, String field) {
        if (!NAME.matcher(text).matches()) {
            throw new InvalidField(
                    field, "must have 1 to 253 of A-Z a-z 0-9 . _ - and begin and end with a letter or digit");
        }
        return text;
    }

    private static Map<String, @Nullable Object> object(byte @Nullable [] body) {
        try {
            return Json.readObject(body == null ? new byte[0] : body);
        } catch (InvalidJson e) {
            throw new InvalidField("the body", "must be a JSON object: " + e.getMessage());
        }
    }

    private static List<String> domains(Members spec) {
        var texts = spec.texts("allowedDomains", 253);
        return texts.stream()
                .map(text -> HostName.canonical(text)
                        .orElseThrow(() -> new InvalidField(
                                spec.path("allowedDomains[" + texts.indexOf(text) + "]"),
                                "must be a domain, such as example.com")))
                .distinct()
                .toList();
    }

    /// Kept as it is written: `iss` is compared byte for byte.
    private static String absoluteUrl(String text, String field) {
        var uri = url(text, field);
        boolean http = "https".equalsIgnoreCase(uri.getScheme()) || "http".equalsIgnoreCase(uri.getScheme());
        if (!http || uri.getHost() == null || uri.getRawUserInfo() != null || uri.getRawFragment() != null) {
            throw new InvalidField(field, "must be an absolute https URL without user information and fragment");
        }
        return text;
    }

    private static URI url(String text, String field) {
        try {
            if (text.chars().anyMatch(c -> c >= 0x7f || c <= 0x20)) {
                throw new InvalidField(field, "must be a URL of ASCII characters");
            }
            return new URI(text);
        } catch (URISyntaxException e) {
            throw new InvalidField(field, "must be a URL");
        }
    }
}
