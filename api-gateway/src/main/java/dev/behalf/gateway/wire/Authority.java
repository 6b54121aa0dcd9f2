package dev.behalf.gateway.wire;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// The host that a request is for (RFC 9112 §3.2).
///
/// @param host lower case, without port or final dot; an IPv6 address keeps its brackets
/// @param text as it was sent
public record Authority(String host, String text) {

    private static final int MAX_LENGTH = 260;

    /// @return null when the text is no `host[:port]`
    public static @Nullable Authority parse(String text) {
        if (text.isEmpty() || text.length() > MAX_LENGTH) {
            return null;
        }
        int end = text.length();
        if (text.charAt(0) == '[') {
            int bracket = text.indexOf(']');
            if (bracket < 3 || !isIpv6(text, bracket) || !isPort(text, bracket + 1)) {
                return null;
            }
            return new Authority(text.substring(0, bracket + 1).toLowerCase(Locale.ROOT), text);
        }
        boolean lower = true;
        int i = 0;
        char before = '.';
        for (; i < end; i++) {
            char c = text.charAt(i);
            if (c == ':') {
                break;
            }
            boolean letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
            if (c >= 'A' && c <= 'Z') {
                lower = false;
            } else if (!letter && (c != '.' || before == '.')) {
                return null;
            }
            before = c;
        }
        if (i == 0 || !isPort(text, i)) {
            return null;
        }
        int hostEnd = before == '.' ? i - 1 : i;
        if (hostEnd == 0) {
            return null;
        }
        var host = hostEnd == end ? text : text.substring(0, hostEnd);
        return new Authority(lower ? host : host.toLowerCase(Locale.ROOT), text);
    }

    private static boolean isIpv6(String text, int end) {
        for (int i = 1; i < end; i++) {
            char c = text.charAt(i);
            if (Character.digit(c, 16) < 0 && c != ':' && c != '.') {
                return false;
            }
        }
        return true;
    }

    private static boolean isPort(String text, int at) {
        if (at == text.length()) {
            return true;
        }
        if (text.charAt(at) != ':' || at + 1 == text.length() || text.length() - at > 6) {
            return false;
        }
        for (int i = at + 1; i < text.length(); i++) {
            if (text.charAt(i) < '0' || text.charAt(i) > '9') {
                return false;
            }
        }
        return true;
    }
}
