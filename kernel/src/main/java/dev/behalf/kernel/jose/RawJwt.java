package dev.behalf.kernel.jose;

import dev.behalf.kernel.json.InvalidJson;
import dev.behalf.kernel.json.Json;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A signed JWT in compact form (RFC 7515 §3.1) of which nothing has been proved: it is well-formed, and that is all.
/// Only [KeySet#verify] makes a [VerifiedJwt] of it.
public final class RawJwt {

    /// The longest token that is read, in characters.
    public static final int MAX_LENGTH = 16 * 1024;

    private static final int MAX_KEY_ID = 512;

    /// What a token for a resource may call itself (RFC 7519 §5.1, RFC 9068 §2.1); logout tokens, proofs of
    /// possession and the like are signed by the same keys and are none.
    private static final Set<String> TYPES = Set.of("jwt", "at+jwt");

    private final @Nullable String type;
    private final JwsAlgorithm algorithm;
    private final @Nullable String keyId;
    private final Map<String, @Nullable Object> claims;
    private final byte[] signingInput;
    private final byte[] signature;

    private RawJwt(
            @Nullable String type,
            JwsAlgorithm algorithm,
            @Nullable String keyId,
            Map<String, @Nullable Object> claims,
            byte[] signingInput,
            byte[] signature) {
        this.type = type;
        this.algorithm = algorithm;
        this.keyId = keyId;
        this.claims = unmodifiable(claims);
        this.signingInput = signingInput;
        this.signature = signature;
    }

    /// Reads a token for a resource.
    ///
    /// @throws InvalidJwt when it is not exactly a signed JWT whose header holds nothing that is not understood
    public static RawJwt parse(String token) {
        return parse(token, TYPES);
    }

    /// Reads a JWT of another kind.
    ///
    /// @param types what its `typ` may be, if it has one: in lower case, without `application/`
    /// @throws InvalidJwt when it is not exactly a signed JWT whose header holds nothing that is not understood
    public static RawJwt parse(String token, Set<String> types) {
        if (token.length() > MAX_LENGTH) {
            throw new InvalidJwt("the token is longer than " + MAX_LENGTH + " characters");
        }
        int first = token.indexOf('.');
        int second = token.indexOf('.', first + 1);
        if (first < 0 || second < 0 || token.indexOf('.', second + 1) >= 0) {
            throw new InvalidJwt("the token is not a signed JWT of three parts");
        }
        var header = object(token.substring(0, first), "header");
        var algorithm = algorithm(header);
        refuseWhatIsNotUnderstood(header, types);
        return new RawJwt(
                type(header),
                algorithm,
                keyId(header),
                object(token.substring(first + 1, second), "payload"),
                token.substring(0, second).getBytes(StandardCharsets.US_ASCII),
                Base64Url.decode(token.substring(second + 1))
                        .filter(bytes -> bytes.length > 0)
                        .orElseThrow(() -> new InvalidJwt("the signature is not base64url")));
    }

    /// The `typ` in lower case, without the `application/` that may be left out (RFC 7515 §4.1.9), or null.
    public @Nullable String type() {
        return type;
    }

    public JwsAlgorithm algorithm() {
        return algorithm;
    }

    /// The `kid`, or null when there is none.
    public @Nullable String keyId() {
        return keyId;
    }

    /// The claims, unproved: good for finding out whose keys to ask for, and for nothing else.
    public Map<String, @Nullable Object> unprovedClaims() {
        return claims;
    }

    byte[] signingInput() {
        return signingInput;
    }

    byte[] signature() {
        return signature;
    }

    private static JwsAlgorithm algorithm(Map<String, @Nullable Object> header) {
        if (!(header.get("alg") instanceof String name)) {
            throw new InvalidJwt("the header has no alg");
        }
        return JwsAlgorithm.named(name).orElseThrow(() -> new InvalidJwt("the algorithm is not accepted"));
    }

    private static @Nullable String type(Map<String, @Nullable Object> header) {
        return header.get("typ") instanceof String type
                ? type.toLowerCase(Locale.ROOT).replaceFirst("^application/", "")
                : null;
    }

    private static void refuseWhatIsNotUnderstood(Map<String, @Nullable Object> header, Set<String> types) {
        // RFC 7515 §4.1.11: an extension that must be understood; none is. RFC 7797 §7: b64 is not for JWTs.
        for (var name : Set.of("crit", "b64", "zip", "enc")) {
            if (header.containsKey(name)) {
                throw new InvalidJwt("the header holds " + name + ", which is not accepted");
            }
        }
        var type = type(header);
        if (header.containsKey("typ") && (type == null || !types.contains(type))) {
            throw new InvalidJwt("the type of the token is not accepted");
        }
        if (header.get("cty") instanceof String content
                && content.toLowerCase(Locale.ROOT).endsWith("jwt")) {
            throw new InvalidJwt("a nested token is not accepted"); // RFC 7519 §5.2
        }
    }

    /// The same values, which nobody can change between the proof and the judgement.
    private static Map<String, @Nullable Object> unmodifiable(Map<String, @Nullable Object> object) {
        object.replaceAll((_, value) -> unmodifiable(value));
        return Collections.unmodifiableMap(object);
    }

    @SuppressWarnings("unchecked")
    private static @Nullable Object unmodifiable(@Nullable Object value) {
        return switch (value) {
            case Map<?, ?> object -> unmodifiable((Map<String, @Nullable Object>) object);
            case List<?> list -> {
                var items = (List<@Nullable Object>) list;
                items.replaceAll(RawJwt::unmodifiable);
                yield Collections.unmodifiableList(items);
            }
            case null, default -> value;
        };
    }

    private static @Nullable String keyId(Map<String, @Nullable Object> header) {
        return switch (header.get("kid")) {
            case null -> {
                if (header.containsKey("kid")) {
                    throw new InvalidJwt("the kid is not a string");
                }
                yield null;
            }
            case String keyId when keyId.length() <= MAX_KEY_ID -> keyId;
            case String _ -> throw new InvalidJwt("the kid is too long");
            default -> throw new InvalidJwt("the kid is not a string");
        };
    }

    private static Map<String, @Nullable Object> object(String part, String what) {
        var bytes = Base64Url.decode(part).orElseThrow(() -> new InvalidJwt("the " + what + " is not base64url"));
        try {
            return Json.readObject(bytes);
        } catch (InvalidJson e) {
            throw new InvalidJwt("the " + what + " is not a JSON object");
        }
    }

    @Override
    public String toString() {
        return "RawJwt[" + algorithm + "]";
    }
}
