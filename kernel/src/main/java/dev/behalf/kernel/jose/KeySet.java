package dev.behalf.kernel.jose;

import dev.behalf.kernel.json.InvalidJson;
import dev.behalf.kernel.json.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The public keys of one issuer (RFC 7517 §5). What is not a usable key is left out, as §5 asks. Two different
/// keys for one algorithm with one `kid` are both left out, since nobody can tell which is meant. Keys of different
/// types or for different algorithms may share a `kid` (RFC 7517 §4.5).
public final class KeySet {

    /// The most keys that a set may have.
    public static final int MAX_KEYS = 100;

    private final List<VerificationKey> keys;

    private KeySet(List<VerificationKey> keys) {
        this.keys = List.copyOf(keys);
    }

    /// Reads a key set. One without any key is one: its issuer has withdrawn them all.
    ///
    /// @throws InvalidJwt when it is not a JSON object with a list of at most [#MAX_KEYS] `keys`, or
    ///                    lists some of which none is usable
    public static KeySet parse(byte[] utf8) {
        return parse(utf8, Crypto.preferred());
    }

    static KeySet parse(byte[] utf8, Crypto crypto) {
        Map<String, @Nullable Object> json;
        try {
            json = Json.readObject(utf8);
        } catch (InvalidJson e) {
            throw new InvalidJwt("the key set is not a JSON object");
        }
        if (!(json.get("keys") instanceof List<?> members)) {
            throw new InvalidJwt("the key set has no list of keys");
        }
        if (members.size() > MAX_KEYS) {
            throw new InvalidJwt("the key set has more than " + MAX_KEYS + " keys");
        }
        var keys = new ArrayList<VerificationKey>();
        String lastFault = "they are ambiguous";
        for (var member : members) {
            if (!(member instanceof Map<?, ?> jwk)) {
                lastFault = "the last one is not an object";
                continue;
            }
            try {
                keys.add(VerificationKey.of(asJwk(jwk), crypto));
            } catch (VerificationKey.UnusableKey e) {
                lastFault = "of the last one, " + e.getMessage(); // RFC 7517 §5: ignore what is not understood
            }
        }
        keys.removeIf(key -> keys.stream().anyMatch(other -> isAmbiguous(key, other)));
        if (keys.isEmpty() && !members.isEmpty()) {
            throw new InvalidJwt("the key set has no usable key: " + lastFault);
        }
        return new KeySet(keys);
    }

    /// How many usable keys there are.
    public int size() {
        return keys.size();
    }

    /// Whether a key could have that id: one has it, or one has none.
    public boolean mayHold(@Nullable String keyId) {
        return keys.stream().anyMatch(key -> isMeant(key, keyId));
    }

    /// Proves the token's signature with a key of this set: the one that its `kid` names, or, where it names none, any
    /// that fits the algorithm. Nothing when no key does.
    public Optional<VerifiedJwt> verify(RawJwt jwt) {
        for (var key : keys) {
            if (isMeant(key, jwt.keyId()) && key.verifies(jwt)) {
                return Optional.of(new VerifiedJwt(jwt.unprovedClaims()));
            }
        }
        return Optional.empty();
    }

    private static boolean isMeant(VerificationKey key, @Nullable String keyId) {
        return keyId == null || key.id().map(keyId::equals).orElse(true);
    }

    private static boolean isAmbiguous(VerificationKey key, VerificationKey other) {
        return key != other
                && key.id().isPresent()
                && key.id().equals(other.id())
                && key.isRivalOf(other)
                && !key.isSameAs(other);
    }

    @SuppressWarnings("unchecked")
    private static Map<String, @Nullable Object> asJwk(Map<?, ?> member) {
        return (Map<String, @Nullable Object>) member;
    }
}
