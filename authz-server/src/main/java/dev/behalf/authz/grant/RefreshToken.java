package dev.behalf.authz.grant;

import dev.behalf.kernel.secret.SealedBox;
import dev.behalf.kernel.secret.Secret;
import dev.behalf.kernel.secret.Sha256;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Pattern;

/// A refresh token: the secret of its family, a dot, and a secret of its own. By the first, a token that was
/// used long ago is still known for what it is, without a row for each; by the second, it is known which of the
/// family it is.
///
/// What came after it is kept sealed with the token itself: only who shows it again can be given its successor.
record RefreshToken(String family, String text) {

    private static final Pattern FORM = Pattern.compile("([A-Za-z0-9_-]{43})\\.[A-Za-z0-9_-]{43}");

    static RefreshToken first() {
        return next(Secret.random().reveal());
    }

    RefreshToken next() {
        return next(family);
    }

    /// Reads one; nothing when the text cannot be one.
    static Optional<RefreshToken> parse(String text) {
        var matcher = FORM.matcher(text);
        return matcher.matches() ? Optional.of(new RefreshToken(matcher.group(1), text)) : Optional.empty();
    }

    Sha256 digest() {
        return Sha256.of(text);
    }

    Sha256 familyDigest() {
        return Sha256.of(family);
    }

    byte[] seal(RefreshToken successor) {
        return new SealedBox(Secret.of(text)).seal(successor.text.getBytes(StandardCharsets.US_ASCII), "successor");
    }

    RefreshToken open(byte[] successor) {
        var opened = new SealedBox(Secret.of(text)).open(successor, "successor");
        return new RefreshToken(family, new String(opened, StandardCharsets.US_ASCII));
    }

    private static RefreshToken next(String family) {
        return new RefreshToken(family, family + "." + Secret.random().reveal());
    }

    @Override
    public String toString() {
        return "RefreshToken[redacted]";
    }
}
