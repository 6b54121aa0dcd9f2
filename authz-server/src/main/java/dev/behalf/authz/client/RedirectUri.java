package dev.behalf.authz.client;

import dev.behalf.authz.oauth.OAuthError;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/// What a redirect URI may be, and when two are the same (RFC 6749 §3.1.2, RFC 8252 §7, RFC 9700 §2.1).
final class RedirectUri {

    private static final int MAX_LENGTH = 2_000;

    /// Programs on the user's computer listen here. RFC 8252 §8.3 advises them against the name `localhost`, which can
    /// resolve to elsewhere; most MCP clients use it all the same, so it counts as loopback.
    private static final Pattern LOOPBACK =
            Pattern.compile("http://(?<host>127\\.0\\.0\\.1|\\[::1]|localhost)(:[0-9]{1,5})?(?<rest>[/?].*)?");

    /// RFC 8252 §7.1: a scheme of a program's own is a domain name in reverse.
    private static final Pattern PRIVATE_USE = Pattern.compile("[a-z][a-z0-9+-]*(\\.[a-z0-9+-]+)+");

    private RedirectUri() {}

    /// Whether a program on the user's own computer takes the answer: at loopback, or by a scheme of its own.
    static boolean isNative(String uri) {
        return !uri.regionMatches(true, 0, "https:", 0, "https:".length());
    }

    /// Whether the URI asked for is the registered one: the same text, but for the port of a loopback address, which
    /// the program learns when it starts (RFC 8252 §7.3).
    static boolean matches(String registered, String asked) {
        if (registered.equals(asked)) {
            return true;
        }
        var ours = LOOPBACK.matcher(registered);
        var theirs = LOOPBACK.matcher(asked);
        return ours.matches()
                && theirs.matches()
                && ours.group("host").equals(theirs.group("host"))
                && text(ours.group("rest")).equals(text(theirs.group("rest")));
    }

    /// @param nativeToo whether it may lead to a program on the user's own computer
    /// @param schemes   of programs that do without the dot of RFC 8252 §7.1
    /// @throws OAuthError `invalid_redirect_uri` (RFC 7591 §3.2.2) when it may not be registered
    static void check(String text, boolean nativeToo, Set<String> schemes) {
        if (text.length() > MAX_LENGTH) {
            throw refused("is longer than " + MAX_LENGTH + " characters");
        }
        if (!text.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
            throw refused("is not a URI");
        }
        var uri = parse(text);
        if (!uri.isAbsolute() || uri.isOpaque()) {
            throw refused("is not an absolute hierarchical URI");
        }
        if (uri.getRawFragment() != null) {
            throw refused("has a fragment"); // RFC 6749 §3.1.2
        }
        if (uri.getRawUserInfo() != null || text.indexOf('*') >= 0) {
            throw refused("holds user information or a wildcard");
        }
        var scheme = uri.getScheme().toLowerCase(Locale.ROOT);
        switch (scheme) {
            case "https" -> {
                if (uri.getHost() == null || uri.getPort() == 0 || uri.getPort() > 65_535) {
                    throw refused("does not name a host");
                }
            }
            case "http" -> {
                if (!LOOPBACK.matcher(text).matches() || uri.getPort() > 65_535) {
                    throw refused("is http, and not to a loopback address of the user's own computer");
                }
            }
            default -> {
                if (!PRIVATE_USE.matcher(scheme).matches() && !schemes.contains(scheme)) {
                    throw refused("has a scheme that is neither https nor a domain name in reverse (RFC 8252)");
                }
            }
        }
        if (isNative(text) && !nativeToo) {
            throw refused("leads to the user's own computer, which is for the application_type native");
        }
    }

    private static URI parse(String text) {
        try {
            return new URI(text);
        } catch (URISyntaxException e) {
            throw refused("is not a URI");
        }
    }

    private static OAuthError refused(String why) {
        return OAuthError.of("invalid_redirect_uri", "a redirect URI " + why);
    }

    private static String text(@org.jspecify.annotations.Nullable String group) {
        return group == null ? "" : group;
    }
}
