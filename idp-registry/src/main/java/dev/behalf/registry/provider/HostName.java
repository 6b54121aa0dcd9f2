package dev.behalf.registry.provider;

import java.net.IDN;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/// Names of hosts and e-mail domains, brought to the one form in which they are compared: ASCII, lower case, without a
/// final dot.
public final class HostName {

    private static final Pattern LABEL = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");
    private static final int MAX_LENGTH = 253;

    private HostName() {}

    /// The canonical form, or nothing when the text is no host name (RFC 1123 §2.1, IDNA for other scripts).
    ///
    /// A character that IDNA would replace by another (the Kelvin sign by `k`, `ß` by `ss`, `。` by a dot) makes it
    /// none: the name could then mean somebody else's domain. Its `xn--` form says what is meant.
    public static Optional<String> canonical(String text) {
        var lower = text.toLowerCase(Locale.ROOT);
        String ascii;
        try {
            ascii = text.chars().allMatch(c -> c < 0x80) ? lower : IDN.toASCII(lower, IDN.USE_STD3_ASCII_RULES);
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
        if (!ascii.equals(lower) && !IDN.toUnicode(ascii).equals(lower)) {
            return Optional.empty();
        }
        if (text.chars().anyMatch(c -> c >= 0x80 && Character.toLowerCase(c) < 0x80)) {
            return Optional.empty();
        }
        if (ascii.endsWith(".")) {
            ascii = ascii.substring(0, ascii.length() - 1);
        }
        if (ascii.isEmpty() || ascii.length() > MAX_LENGTH) {
            return Optional.empty();
        }
        for (var label : ascii.split("\\.", -1)) {
            if (!LABEL.matcher(label).matches()) {
                return Optional.empty();
            }
        }
        return Optional.of(ascii);
    }
}
