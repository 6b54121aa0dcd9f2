package dev.behalf.authz.page;

import java.util.Optional;
import java.util.regex.Pattern;

/// Paths of our own pages.
public final class PagePath {

    private static final int MAX_LENGTH = 6_000;
    private static final Pattern ACCOUNT = Pattern.compile("/account(/[a-z][a-z0-9/-]*)?");
    private static final Pattern AUTHORIZE = Pattern.compile("/oauth/authorize\\?[!$-;=?-Z_a-z~]*");

    private PagePath() {}

    /// The page to come back to, if it is one of those that people are sent to sign in from: an authorization request
    /// or
    /// a page of the account. Nothing else, so that no link to the sign-in page leads away from here.
    public static Optional<String> toComeBackTo(String page) {
        boolean known = page.length() <= MAX_LENGTH
                && (ACCOUNT.matcher(page).matches() || AUTHORIZE.matcher(page).matches());
        return known ? Optional.of(page) : Optional.empty();
    }

    /// The sign-in page that comes back to that page.
    ///
    /// @param again the person must prove who they are even when they are signed in
    public static String signIn(String page, boolean again) {
        return "/login?continue=" + encode(page) + (again ? "&again=true" : "");
    }

    /// Encodes the value of a parameter, but no more of it than must be: a page's own query would grow.
    public static String encode(String value) {
        var encoded = new StringBuilder(value.length() + 32);
        for (byte b : value.getBytes(java.nio.charset.StandardCharsets.UTF_8)) {
            char c = (char) (b & 0xff);
            if (c > 0x20 && c < 0x7f && "\"#%&'+<>\\^`{|}".indexOf(c) < 0) {
                encoded.append(c);
            } else {
                encoded.append('%')
                        .append(Character.toUpperCase(Character.forDigit(c >> 4, 16)))
                        .append(Character.toUpperCase(Character.forDigit(c & 15, 16)));
            }
        }
        return encoded.toString();
    }
}
