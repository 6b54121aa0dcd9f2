package dev.behalf.validator.judge;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/// The host of a request, brought to the form in which providers are registered for it.
public final class RequestHost {

    private static final int MAX_LENGTH = 260;
    private static final Pattern AUTHORITY = Pattern.compile(
            "(?<host>[A-Za-z0-9_-]+(?:\\.[A-Za-z0-9_-]+)*|\\[[0-9A-Fa-f:.]{2,45}])\\.?(?::[0-9]{1,5})?");

    private RequestHost() {}

    /// The host of `host[:port]` (RFC 9110 §7.2): lower case, without port and final dot; an IPv6 address keeps its
    /// brackets. Nothing when the text is not one host.
    public static Optional<String> of(String authority) {
        if (authority.length() > MAX_LENGTH) {
            return Optional.empty();
        }
        var matcher = AUTHORITY.matcher(authority);
        return matcher.matches() ? Optional.of(matcher.group("host").toLowerCase(Locale.ROOT)) : Optional.empty();
    }
}
