package dev.behalf.vault.discovery;

import dev.behalf.kernel.outbound.OutboundPolicy;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The members of a document that somebody else wrote.
record Document(Map<String, @Nullable Object> members, OutboundPolicy policy) {

    static final int LONGEST_URL = 1_000;
    private static final int LONGEST_TEXT = 300;
    private static final int MOST = 200;

    /// RFC 6749 §3.3, and so of every other name here.
    private static final Pattern NAME = Pattern.compile("[\\x21\\x23-\\x5B\\x5D-\\x7E]{1,300}");

    /// As it is; null when there is no text.
    @Nullable
    String text(String name) {
        return members.get(name) instanceof String text && !text.isEmpty() && text.length() <= LONGEST_URL
                ? text
                : null;
    }

    /// A text for people, short and free of control characters; null when there is none.
    @Nullable
    String words(String name) {
        var text = text(name);
        return text != null && text.length() <= LONGEST_TEXT && text.matches("[^\\p{Cntrl}\\p{Cs}\\p{Cf}]+")
                ? text
                : null;
    }

    boolean isTrue(String name) {
        return Boolean.TRUE.equals(members.get(name));
    }

    /// A list of names; those that are none are left out. What is not there is the default.
    Set<String> names(String name, Set<String> otherwise) {
        if (!(members.get(name) instanceof List<?> list)) {
            return otherwise;
        }
        var names = new LinkedHashSet<String>();
        list.stream()
                .limit(MOST)
                .filter(item ->
                        item instanceof String text && NAME.matcher(text).matches())
                .forEach(item -> names.add((String) item));
        return names;
    }

    /// An endpoint that may be called.
    ///
    /// @throws NotDiscovered when it is not there, or must not be called
    URI endpoint(String name) {
        var url = optionalEndpoint(name);
        if (url == null) {
            throw new NotDiscovered("the metadata has no " + name);
        }
        return url;
    }

    /// @throws NotDiscovered when it must not be called
    @Nullable
    URI optionalEndpoint(String name) {
        var text = text(name);
        return text == null ? null : url(text, policy, name);
    }

    /// @throws NotDiscovered when it is no URL that may be called
    static URI url(String text, OutboundPolicy policy, String what) {
        if (text.length() > LONGEST_URL) {
            throw new NotDiscovered(what + " must have " + LONGEST_URL + " characters at most");
        }
        try {
            var url = new URI(text);
            var refusal = policy.refusal(url);
            if (refusal.isEmpty()) {
                return url;
            }
            throw new NotDiscovered(what + " " + refusal.get());
        } catch (URISyntaxException e) {
            throw new NotDiscovered(what + " must be a URL");
        }
    }
}
