package dev.behalf.registry.provider;

import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.outbound.OutboundPolicy;
import dev.behalf.kernel.provider.ProviderState;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// An identity provider as a client sends it, checked: a value of this type can be stored.
///
/// Its JSON is that of the API: `{name, namespace, spec}`, with empty lists left out.
record ProviderResource(ProviderState state) {

    private static final int MAX_URL = 2048;
    private static final int MAX_CLAIM = 256;
    private static final Set<String> ALGORITHMS =
            Set.of("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519");

    /// Reads and checks a request.
    ///
    /// @param namespace of the path, or null when the path has none and the body decides
    /// @param strict    refuse members below `spec` that are not known; those beside it are always ignored
    /// @throws InvalidField for the first fault found
    static ProviderResource parse(
            Map<String, @Nullable Object> json, @Nullable String namespace, boolean strict, OutboundPolicy policy) {
        var top = new Members("", json);
        var name = ProviderKey.require(top.text("name", 253), "name");
        var space = ProviderKey.require(
                top.text("namespace", 253, namespace == null ? ProviderKey.DEFAULT_NAMESPACE : namespace), "namespace");
        if (namespace != null && !namespace.equals(space)) {
            throw new InvalidField("namespace", "is not the workspace of the path");
        }
        var spec = top.object("spec");
        var host = HostName.canonical(spec.text("host", MAX_URL))
                .orElseThrow(() -> new InvalidField(
                        "spec.host",
                        "must be a host name, such as portal.agents.example.com, without scheme, port or path"));
        var idp = spec.object("identityProvider");
        var issuer = idp.text("issuer", MAX_URL);
        var issuerUrl = absoluteUrl(issuer, idp.path("issuer"));
        var jwksUri = idp.text("jwksUri", MAX_URL);
        var keys = url(jwksUri, idp.path("jwksUri"));
        policy.refusal(keys).ifPresent(reason -> {
            throw new InvalidField(idp.path("jwksUri"), reason);
        });
        // Plain http is for providers on this machine, which the operator listed: then the issuer may be called so too.
        if (!"https".equalsIgnoreCase(issuerUrl.getScheme()) && !policy.isListed(keys)) {
            throw new InvalidField(idp.path("issuer"), "must be an https URL");
        }
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
                issuer, // as it is written: `iss` is compared byte for byte
                idp.texts("issuerAliases", MAX_URL),
                jwksUri,
                idp.texts("audiences", MAX_URL),
                algorithms,
                spec.text("userIDClaim", MAX_CLAIM),
                domains(spec));
        if (strict) {
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

    private static URI absoluteUrl(String text, String field) {
        var uri = url(text, field);
        boolean http = "https".equalsIgnoreCase(uri.getScheme()) || "http".equalsIgnoreCase(uri.getScheme());
        if (!http || uri.getHost() == null || uri.getRawUserInfo() != null || uri.getRawFragment() != null) {
            throw new InvalidField(field, "must be an absolute https URL without user information and fragment");
        }
        return uri;
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
