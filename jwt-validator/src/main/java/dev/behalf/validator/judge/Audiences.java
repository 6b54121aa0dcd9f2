package dev.behalf.validator.judge;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The `aud` of a token: one string or a list of strings (RFC 7519 §4.1.3).
final class Audiences {

    private Audiences() {}

    /// @throws Refusal when it is there and neither
    static List<String> of(Map<String, @Nullable Object> claims) {
        return switch (claims.get("aud")) {
            case null -> {
                if (claims.containsKey("aud")) {
                    throw Refusal.invalid("aud is neither a string nor a list of strings", Refusal.FOR_GOOD);
                }
                yield List.of();
            }
            case String one -> List.of(one);
            case List<?> many
            when many.stream().allMatch(String.class::isInstance) ->
                many.stream().map(String.class::cast).toList();
            default -> throw Refusal.invalid("aud is neither a string nor a list of strings", Refusal.FOR_GOOD);
        };
    }

    /// Whether a token for those is one for a provider with these; one with none takes all.
    static boolean match(List<String> ofToken, List<String> ofProvider) {
        return ofProvider.isEmpty() || ofToken.stream().anyMatch(ofProvider::contains);
    }
}
