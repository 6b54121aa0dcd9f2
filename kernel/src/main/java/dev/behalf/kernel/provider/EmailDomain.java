package dev.behalf.kernel.provider;

import java.net.IDN;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// `allowedDomains`: the user's e-mail address must be of one of them, exactly.
public final class EmailDomain {

    private static final String NOT_IN_LOCAL_PART = " @,;:<>\"()[]\\/";

    private EmailDomain() {}

    /// Looks at the claim `email`; where there is none, at the user id, if that is an address. A token that says of its
    /// user's address that it is not verified proves none, wherever the address stands.
    ///
    /// @param allowed domains in ASCII and lower case; empty: every user is
    public static boolean isAllowed(Map<String, @Nullable Object> claims, String userId, List<String> allowed) {
        if (allowed.isEmpty()) {
            return true;
        }
        if (isUnverified(claims)) {
            return false;
        }
        if (!claims.containsKey("email")) {
            return allowed.contains(of(userId));
        }
        return claims.get("email") instanceof String email && allowed.contains(of(email));
    }

    /// The domain of an address with exactly one `@`, in ASCII and lower case; empty for what is none. The part before
    /// the `@` must be printable ASCII without anything that has a meaning in lists of addresses.
    static String of(String address) {
        int at = address.indexOf('@');
        if (at <= 0 || at != address.lastIndexOf('@') || at == address.length() - 1) {
            return "";
        }
        for (int i = 0; i < at; i++) {
            char c = address.charAt(i);
            if (c <= 0x20 || c >= 0x7f || NOT_IN_LOCAL_PART.indexOf(c) >= 0) {
                return "";
            }
        }
        return ascii(address.substring(at + 1));
    }

    /// The name in its ASCII form (RFC 5891), or nothing when it holds a character that would be replaced by another on
    /// the way: the Kelvin sign is no `k`, a full-width dot is no dot.
    private static String ascii(String domain) {
        var lower = domain.toLowerCase(Locale.ROOT);
        if (domain.chars().allMatch(c -> c > 0x20 && c < 0x7f)) {
            return lower;
        }
        if (domain.chars().anyMatch(c -> c <= 0x20 || c == 0x7f || (c > 0x7f && Character.toLowerCase(c) < 0x80))) {
            return "";
        }
        try {
            var ascii = IDN.toASCII(lower, IDN.USE_STD3_ASCII_RULES);
            return IDN.toUnicode(ascii).equals(lower) ? ascii : "";
        } catch (IllegalArgumentException e) {
            return "";
        }
    }

    /// Some issuers write the flag as a string.
    private static boolean isUnverified(Map<String, @Nullable Object> claims) {
        return switch (claims.get("email_verified")) {
            case null -> claims.containsKey("email_verified");
            case Boolean flag -> !flag;
            case String text -> !text.equals("true");
            default -> true;
        };
    }
}
