package dev.behalf.kernel.page;

import dev.behalf.kernel.secret.Secret;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.cookie.Cookie;
import io.micronaut.http.cookie.SameSite;
import java.time.Duration;
import java.util.Optional;

/// A cookie that only this very host can have set (`__Host-`, RFC 6265bis §4.1.3.2), that no script reads, and
/// that other sites' forms do not send. Its value is a [Secret#random].
///
/// @param name begins with `__Host-`
/// @param age  how long a browser keeps it; zero: until it is closed
public record HostCookie(String name, Duration age) {

    private static final String VALUE = "[A-Za-z0-9_-]{43}";

    public HostCookie {
        if (!name.startsWith("__Host-")) {
            throw new IllegalArgumentException(name);
        }
    }

    /// Its value, if the request has one that it could have.
    public Optional<String> of(HttpRequest<?> request) {
        return request.getCookies().findCookie(name).map(Cookie::getValue).filter(value -> value.matches(VALUE));
    }

    public Cookie set(Secret value) {
        var cookie = cookie(value.reveal());
        return age.isZero() ? cookie : cookie.maxAge(age);
    }

    /// Makes the browser forget it.
    public Cookie forgotten() {
        return cookie("").maxAge(0);
    }

    private Cookie cookie(String value) {
        return Cookie.of(name, value)
                .secure(true)
                .httpOnly(true)
                .sameSite(SameSite.Lax)
                .path("/");
    }
}
