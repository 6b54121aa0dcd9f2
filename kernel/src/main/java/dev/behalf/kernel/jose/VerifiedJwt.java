package dev.behalf.kernel.jose;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A JWT whose signature is proved. Only [KeySet#verify] makes one; what the claims say is still to be judged.
public final class VerifiedJwt {

    private final Map<String, @Nullable Object> claims;

    VerifiedJwt(Map<String, @Nullable Object> claims) {
        this.claims = claims;
    }

    /// The claims, in the order of the token; they cannot be changed.
    public Map<String, @Nullable Object> claims() {
        return claims;
    }

    @Override
    public String toString() {
        return "VerifiedJwt";
    }
}
