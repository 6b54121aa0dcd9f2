package dev.behalf.gateway.wire;

import org.jspecify.annotations.Nullable;

/// The target of a request in origin form, in the one spelling in which it is both matched and forwarded: characters
/// that need no encoding are not encoded, hexadecimal digits are upper case.
///
/// Refused is what an upstream might read as another path: empty and dot segments, encoded slashes, backslashes and
/// NULs, path parameters, fragments, control characters, bytes beyond ASCII, and overlong forms of UTF-8. An encoded
/// percent sign stays one (RFC 3986 §2.4), unless an upstream that decodes twice would see any of those or a
/// character that decides which route is meant.
///
/// @param path  begins with `/`
/// @param query with its `?`, or empty
public record RequestTarget(String path, String query) {

    private static final String NOT_IN_PATH = ";\\\"<>^`{}|";

    /// @return null when the target is refused
    public static @Nullable RequestTarget parse(String target) {
        if (target.isEmpty() || target.charAt(0) != '/') {
            return null;
        }
        int end = target.length();
        int question = -1;
        boolean encoded = false;
        char before = 0;
        for (int i = 0; i < end; i++) {
            char c = target.charAt(i);
            if (c <= 0x20 || c >= 0x7f || c == '#') {
                return null;
            }
            if (question < 0) {
                if (c == '?') {
                    question = i;
                } else if (NOT_IN_PATH.indexOf(c) >= 0 || (c == '/' && before == '/')) {
                    return null;
                } else if (c == '%') {
                    encoded = true;
                }
            }
            before = c;
        }
        var path = question < 0 ? target : target.substring(0, question);
        var query = question < 0 ? "" : target.substring(question);
        var canonical = encoded ? canonical(path) : path;
        if (canonical == null || hasDotSegment(canonical)) {
            return null;
        }
        return new RequestTarget(canonical, query);
    }

    /// Path and query as they go on.
    public String text() {
        return query.isEmpty() ? path : path + query;
    }

    private static @Nullable String canonical(String path) {
        var out = new StringBuilder(path.length());
        for (int i = 0; i < path.length(); i++) {
            char c = path.charAt(i);
            if (c != '%') {
                out.append(c);
                continue;
            }
            int high = i + 2 < path.length() ? Character.digit(path.charAt(i + 1), 16) : -1;
            int low = i + 2 < path.length() ? Character.digit(path.charAt(i + 2), 16) : -1;
            if (high < 0 || low < 0) {
                return null;
            }
            char decoded = (char) (high << 4 | low);
            if (decoded < 0x20
                    || decoded == 0x7f
                    || decoded == '/'
                    || decoded == '\\'
                    || decoded == ';'
                    || isOverlong(decoded, path, i + 3)) {
                return null;
            }
            if (isUnreserved(decoded)) {
                out.append(decoded);
            } else {
                out.append('%')
                        .append(Character.toUpperCase(path.charAt(i + 1)))
                        .append(Character.toUpperCase(path.charAt(i + 2)));
            }
            i += 2;
        }
        return isPlainWhenDecodedTwice(out) ? out.toString() : null;
    }

    private static boolean isPlainWhenDecodedTwice(StringBuilder canonical) {
        for (int at = canonical.indexOf("%25"); at >= 0; at = canonical.indexOf("%25", at + 1)) {
            int high = at + 4 < canonical.length() ? Character.digit(canonical.charAt(at + 3), 16) : -1;
            int low = at + 4 < canonical.length() ? Character.digit(canonical.charAt(at + 4), 16) : -1;
            char decoded = (char) (high << 4 | low);
            boolean dangerous = decoded < 0x20 || decoded >= 0x7f || "/\\;%?#".indexOf(decoded) >= 0;
            if (high >= 0 && low >= 0 && (dangerous || isUnreserved(decoded))) {
                return false;
            }
            // What stands behind an encoded percent sign may itself begin with one.
            if (canonical.indexOf("%25", at + 3) == at + 3) {
                return false;
            }
        }
        return true;
    }

    /// Whether the byte begins a sequence that says in two or more bytes what UTF-8 says in fewer (RFC 3629 §3).
    private static boolean isOverlong(char first, String path, int next) {
        if (first == 0xc0 || first == 0xc1) {
            return true;
        }
        if ((first != 0xe0 && first != 0xf0) || next + 2 >= path.length() || path.charAt(next) != '%') {
            return false;
        }
        int second = Character.digit(path.charAt(next + 1), 16) << 4 | Character.digit(path.charAt(next + 2), 16);
        return second >= 0x80 && second < (first == 0xe0 ? 0xa0 : 0x90);
    }

    /// RFC 3986 §2.3: these mean the same, encoded or not.
    private static boolean isUnreserved(char c) {
        return c < 0x80 && (Character.isLetterOrDigit(c) || c == '-' || c == '.' || c == '_' || c == '~');
    }

    private static boolean hasDotSegment(String path) {
        for (int at = path.indexOf("/."); at >= 0; at = path.indexOf("/.", at + 1)) {
            int next = at + 2;
            if (next < path.length() && path.charAt(next) == '.') {
                next++;
            }
            if (next == path.length() || path.charAt(next) == '/') {
                return true;
            }
        }
        return false;
    }
}
