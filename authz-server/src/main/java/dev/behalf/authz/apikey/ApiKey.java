package dev.behalf.authz.apikey;

import dev.behalf.kernel.secret.Secret;
import dev.behalf.kernel.secret.Sha256;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// An API key as it is kept: without the key.
///
/// @param prefix    the first characters of the key, which are no secret
/// @param last4     its last four characters, for people to tell keys apart
/// @param expiresAt from this instant on it is refused; null: never
public record ApiKey(
        String id,
        String name,
        Set<String> scopes,
        String prefix,
        String last4,
        Instant createdAt,
        @Nullable Instant lastUsedAt,
        @Nullable Instant expiresAt) {

    static final String PREFIX = "bhf_";
    private static final Pattern SHAPE = Pattern.compile("bhf_[A-Za-z0-9_-]{43}");

    public ApiKey {
        scopes = Set.copyOf(scopes);
    }

    /// A new key: 256 random bits behind a prefix that secret scanners can look for.
    static Secret generate() {
        return Secret.of(PREFIX + Secret.random().reveal());
    }

    /// Whether the text has the shape of a key of ours; what has not is not looked up.
    static boolean hasShape(String text) {
        return SHAPE.matcher(text).matches();
    }

    static Sha256 digest(Secret key) {
        return Sha256.of(key.reveal());
    }

    /// Whether it is still good.
    public boolean isGoodAt(Instant now) {
        return expiresAt == null || now.isBefore(expiresAt);
    }

    Map<String, Object> toJson() {
        var json = new LinkedHashMap<String, Object>();
        json.put("id", id);
        json.put("name", name);
        json.put("prefix", prefix);
        json.put("last4", last4);
        json.put("scopes", scopes.stream().sorted().toList());
        json.put("createdAt", createdAt.toString());
        if (lastUsedAt != null) {
            json.put("lastUsedAt", lastUsedAt.toString());
        }
        if (expiresAt != null) {
            json.put("expiresAt", expiresAt.toString());
        }
        return json;
    }
}
