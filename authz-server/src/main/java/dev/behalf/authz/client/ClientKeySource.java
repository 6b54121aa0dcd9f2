package dev.behalf.authz.client;

import dev.behalf.kernel.jose.InvalidJwt;
import dev.behalf.kernel.jose.KeySet;
import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.outbound.OutboundPolicy;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Where the public keys of a client are: in its metadata (`jwks`) or at a URL (`jwks_uri`), not both (RFC 7591
/// §2).
final class ClientKeySource {

    private static final Set<String> PRIVATE_PARTS = Set.of("d", "p", "q", "dp", "dq", "qi", "oth", "k");

    private ClientKeySource() {}

    /// Takes over what is usable.
    ///
    /// @param outbound where a `jwks_uri` may lead; what its host resolves to is checked when it is fetched
    static void accept(Members members, OutboundPolicy outbound, Map<String, Object> accepted) {
        var jwks = members.json().get("jwks");
        var url = members.text("jwks_uri", 2_000);
        if (jwks != null && url.isPresent()) {
            throw MetadataRules.invalid("there is jwks and jwks_uri, of which only one can count");
        }
        if (jwks != null) {
            refuseBad(jwks);
            accepted.put("jwks", jwks);
        }
        url.ifPresent(text -> accepted.put("jwks_uri", allowed(text, outbound)));
    }

    private static void refuseBad(Object jwks) {
        if (!(jwks instanceof Map<?, ?> set) || !(set.get("keys") instanceof List<?> keys)) {
            throw MetadataRules.invalid("jwks is not a JWK set");
        }
        if (keys.stream()
                .anyMatch(key ->
                        key instanceof Map<?, ?> jwk && PRIVATE_PARTS.stream().anyMatch(jwk::containsKey))) {
            throw MetadataRules.invalid("jwks holds a private or secret key: it is known to others now");
        }
        try {
            if (KeySet.parse(Json.write(set)).size() == 0) {
                throw MetadataRules.invalid("jwks holds no key");
            }
        } catch (UncheckedIOException e) {
            throw MetadataRules.invalid("jwks holds what is not text"); // half a character
        } catch (InvalidJwt e) {
            throw MetadataRules.invalid("jwks: " + e.getMessage());
        }
    }

    private static String allowed(String text, OutboundPolicy outbound) {
        try {
            outbound.refusal(new URI(text)).ifPresent(why -> {
                throw MetadataRules.invalid("jwks_uri " + why);
            });
            return text;
        } catch (URISyntaxException e) {
            throw MetadataRules.invalid("jwks_uri is not a URL");
        }
    }
}
