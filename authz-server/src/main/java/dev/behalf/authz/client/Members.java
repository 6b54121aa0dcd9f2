package dev.behalf.authz.client;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The members of client metadata, read as what they must be. Null and the empty text count as left out:
/// clients in the field send both.
///
/// All fail with [OAuthError] `invalid_client_metadata` that names the member and never quotes it.
record Members(Map<String, @Nullable Object> json) {

    private static final int MAX_URL = 2_000;

    /// @param atMost how many characters it may have
    Optional<String> text(String name, int atMost) {
        return switch (json.get(name)) {
            case null -> Optional.empty();
            case String text when text.isEmpty() -> Optional.empty();
            case String text when text.length() <= atMost && isPlain(text, name) -> Optional.of(text);
            default -> throw MetadataRules.invalid(name + " is not a text of at most " + atMost + " characters");
        };
    }

    /// The distinct items of a list.
    ///
    /// @param most   how many there may be
    /// @param atMost how many characters each may have
    Set<String> texts(String name, int most, int atMost) {
        return switch (json.get(name)) {
            case null -> Set.of();
            case List<?> list
            when list.size() <= most -> {
                var texts = new LinkedHashSet<String>();
                for (var item : list) {
                    if (!(item instanceof String text) || text.length() > atMost || !isPlain(text, name)) {
                        throw MetadataRules.invalid(name + " holds what is not a text, or one that is too long");
                    }
                    texts.add(text);
                }
                yield texts;
            }
            default -> throw MetadataRules.invalid(name + " is not a list of at most " + most + " texts");
        };
    }

    /// The URL of a page or picture. It is shown to people at most, and never fetched.
    Optional<String> url(String name) {
        return text(name, MAX_URL).map(text -> {
            try {
                var uri = new URI(text);
                boolean http = "https".equalsIgnoreCase(uri.getScheme()) || "http".equalsIgnoreCase(uri.getScheme());
                if (http && uri.getHost() != null && uri.getRawUserInfo() == null) {
                    return text;
                }
            } catch (URISyntaxException e) {
                // said below
            }
            throw MetadataRules.invalid(name + " is not an https URL");
        });
    }

    /// A name may hold anything, since what is not for people's eyes is taken out of it; nothing else may.
    private static boolean isPlain(String text, String name) {
        return name.equals("client_name")
                || text.codePoints()
                        .noneMatch(c -> Character.isISOControl(c) || Character.getType(c) == Character.SURROGATE);
    }
}
