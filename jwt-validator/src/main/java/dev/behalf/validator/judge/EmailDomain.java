package dev.behalf.validator.judge;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// `allowedDomains`: the user's e-mail address must be of one of them, exactly.
final class EmailDomain {

    private static final String NOT_ALLOWED = "email domain is not allowed";
    private static final String NOT_IN_LOCAL_PART = " @,;:<>\"()[]\\/";

    private EmailDomain() {}

    /// Looks at the claim `email`, which must not be marked unverified; where there is none, at the user id, if that is
    /// an address.
    ///
    /// @param allowed domains in ASCII and lower case; empty: every user passes
    /// @throws Refusal 403 when the user is not of one of the domains
    static void check(Map<String, @Nullable Object> claims, String userId, List<String> allowed) {
        if (allowed.isEmpty()) {
            return;
        }
        var address = userId;
        if (claims.containsKey("email")) {
            if (!(claims.get("email") instanceof String email) || isUnverified(claims.get("email_verified"))) {
                throw Refusal.forbidden(NOT_ALLOWED);
            }
            address = email;
        }
        if (!allowed.contains(domain(address))) {
            throw Refusal.forbidden(NOT_ALLOWED);
        }
    }

    /// The domain of an address with exactly one `@` and nothing but printable ASCII, in lower case; empty for any
    /// other. Only ASCII letters are folded: what else folds into one, such as the Kelvin sign, is no letter here.
    static String domain(String address) {
        int at = address.indexOf('@');
        if (at <= 0 || at != address.lastIndexOf('@') || at == address.length() - 1) {
            return "";
        }
        for (int i = 0; i < address.length(); i++) {
            char c = address.charAt(i);
            if (c <= 0x20 || c >= 0x7f || (i < at && NOT_IN_LOCAL_PART.indexOf(c) >= 0)) {
                return "";
            }
        }
        return address.substring(at + 1).toLowerCase(Locale.ROOT);
    }

    /// Some issuers write the flag as a string.
    private static boolean isUnverified(@Nullable Object verified) {
        return switch (verified) {
            case null -> false;
            case Boolean flag -> !flag;
            case String text -> !text.equals("true");
            default -> true;
        };
    }
}
