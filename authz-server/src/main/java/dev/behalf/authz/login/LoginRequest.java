package dev.behalf.authz.login;

import dev.behalf.authz.page.PagePath;
import io.micronaut.http.HttpRequest;

/// What the query of the sign-in page says.
///
/// @param page   where to go when it is done
/// @param hint   who is expected, or empty
/// @param again  the person must prove who they are even when they are signed in
/// @param other  somebody else than who is signed in wants to sign in
record LoginRequest(String page, String hint, boolean again, boolean other) {

    private static final int MAX_HINT = 255;

    static LoginRequest of(HttpRequest<?> request) {
        var query = request.getParameters();
        var page = query.getFirst("continue").flatMap(PagePath::toComeBackTo);
        var hint = query.getFirst("hint")
                .filter(text -> text.length() <= MAX_HINT && text.chars().noneMatch(Character::isISOControl))
                .orElse("");
        boolean other = query.getFirst("other").isPresent();
        return new LoginRequest(
                page.orElse("/account"),
                other ? "" : hint,
                query.getFirst("again").isPresent(),
                other);
    }

    /// Where to begin to sign in through the provider instead.
    String through(HttpRequest<?> request, String provider) {
        return path(request, other).replaceFirst("^/login", "/login/with/" + provider);
    }

    /// This sign-in page again, in the language that it was asked for.
    String path(HttpRequest<?> request, boolean forAnother) {
        var path = new StringBuilder(PagePath.signIn(page, again));
        if (forAnother) {
            path.append("&other=true");
        } else if (!hint.isEmpty()) {
            path.append("&hint=").append(PagePath.encode(hint));
        }
        request.getParameters()
                .getFirst("ui_locales")
                .filter(locales -> locales.length() <= 100)
                .ifPresent(locales -> path.append("&ui_locales=").append(PagePath.encode(locales)));
        return path.toString();
    }
}
