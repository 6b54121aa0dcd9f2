package dev.behalf.validator.judge;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The user that a token names, from the claim that the provider is registered with, in a form that fits a header.
final class UserId {

    /// The longest user id, in characters.
    static final int MAX_LENGTH = 1024;

    private static final String UNRESERVED = "-._~@+:/|=!#$&'*?^`{}()<>[]";

    private UserId() {}

    /// The value of the claim: of that very name, or, for `a.b`, of the member `b` of the claim `a`.
    ///
    /// @throws Refusal when it is missing, or neither a string nor a whole number
    static String claim(Map<String, @Nullable Object> claims, String name) {
        return switch (find(claims, name)) {
            case null -> throw Refusal.invalid("userIDClaim \"" + name + "\" missing", Refusal.WHILE_UNCHANGED);
            case String text
            when text.isBlank() ->
                throw Refusal.invalid("userIDClaim \"" + name + "\" is empty", Refusal.WHILE_UNCHANGED);
            case String text -> text;
            case Long number -> Long.toString(number);
            case BigInteger number -> number.toString();
            default ->
                throw Refusal.invalid(
                        "userIDClaim \"" + name + "\" is neither a string nor a whole number", Refusal.WHILE_UNCHANGED);
        };
    }

    /// The value as a header can carry it: ASCII letters, digits and common signs as they are, every other byte of its
    /// UTF-8 form percent-encoded, `%` and space included, so that two users never look the same.
    ///
    /// @throws Refusal when it holds control characters or half a surrogate pair, or is too long
    static String forHeader(String value) {
        var bytes = strictUtf8(value);
        var safe = new StringBuilder(bytes.length);
        for (byte b : bytes) {
            char c = (char) (b & 0xff);
            if (c < 0x20 || c == 0x7f) {
                throw Refusal.invalid("the user id holds a control character", Refusal.FOR_GOOD);
            }
            if ((c < 0x80 && Character.isLetterOrDigit(c)) || UNRESERVED.indexOf(c) >= 0) {
                safe.append(c);
            } else {
                safe.append('%')
                        .append(Character.toUpperCase(Character.forDigit(c >> 4, 16)))
                        .append(Character.toUpperCase(Character.forDigit(c & 15, 16)));
            }
        }
        if (safe.length() > MAX_LENGTH) {
            throw Refusal.invalid("the user id is longer than " + MAX_LENGTH + " characters", Refusal.FOR_GOOD);
        }
        return safe.toString();
    }

    private static byte[] strictUtf8(String value) {
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (Character.isHighSurrogate(c)
                    && i + 1 < value.length()
                    && Character.isLowSurrogate(value.charAt(i + 1))) {
                i++;
            } else if (Character.isSurrogate(c)) {
                throw Refusal.invalid("the user id is not Unicode text", Refusal.FOR_GOOD);
            } else if (Character.isISOControl(c)) {
                throw Refusal.invalid("the user id holds a control character", Refusal.FOR_GOOD);
            }
        }
        return value.getBytes(StandardCharsets.UTF_8);
    }

    private static @Nullable Object find(Map<String, @Nullable Object> claims, String name) {
        if (claims.containsKey(name)) {
            return claims.get(name);
        }
        Object at = claims;
        for (var part : List.of(name.split("\\.", -1))) {
            if (!(at instanceof Map<?, ?> map) || map.get(part) == null) {
                return null;
            }
            at = map.get(part);
        }
        return at;
    }
}
