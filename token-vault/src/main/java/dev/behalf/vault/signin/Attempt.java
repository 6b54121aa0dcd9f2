package dev.behalf.vault.signin;

import dev.behalf.kernel.secret.Secret;
import dev.behalf.vault.crypto.Hmac;
import dev.behalf.vault.page.Site;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Optional;

/// A sign-in under way. All of it stands in its `state`, which is good only in the browser that it began in:
/// what else it needs is derived from that and from what the browser keeps, so that nothing is stored of people
/// who do not come back. It ends with the code, which the authorization server takes once.
///
/// @param state   `<random>.<when it ends>.<proof>.<page>`
/// @param browser what the browser keeps
/// @param page    where to go when it is done
record Attempt(String state, Secret browser, String page) {

    private static final Duration WITHIN = Duration.ofMinutes(10);
    private static final int PARTS = 4;

    static Attempt begin(Secret browser, String page, Instant now) {
        var begun = Secret.random().reveal() + "." + now.plus(WITHIN).getEpochSecond();
        var tail = text(page.getBytes(StandardCharsets.UTF_8));
        return new Attempt(begun + "." + proof(browser, begun, tail) + "." + tail, browser, page);
    }

    /// The attempt of that state, if it began in that browser and is not too old.
    static Optional<Attempt> of(String state, Secret browser, Instant now) {
        var parts = state.split("\\.", -1);
        if (parts.length != PARTS || !parts[1].matches("[0-9]{1,12}")) {
            return Optional.empty();
        }
        var proof = proof(browser, parts[0] + "." + parts[1], parts[3]);
        boolean good = MessageDigest.isEqual(
                        proof.getBytes(StandardCharsets.US_ASCII), parts[2].getBytes(StandardCharsets.UTF_8))
                && now.isBefore(Instant.ofEpochSecond(Long.parseLong(parts[1])));
        return good
                ? Optional.of(new Attempt(
                        state,
                        browser,
                        Site.toComeBackTo(new String(Base64.getUrlDecoder().decode(parts[3]), StandardCharsets.UTF_8))))
                : Optional.empty();
    }

    /// What the ID token must repeat.
    String nonce() {
        return derived(browser, "nonce", state);
    }

    /// Of the code (RFC 7636 §4.1).
    String verifier() {
        return derived(browser, "verifier", state);
    }

    private static String proof(Secret browser, String begun, String page) {
        return derived(browser, "state", begun + "." + page);
    }

    private static String derived(Secret browser, String what, String of) {
        return text(Hmac.sha256(
                browser.reveal().getBytes(StandardCharsets.US_ASCII),
                (what + " " + of).getBytes(StandardCharsets.UTF_8)));
    }

    private static String text(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    @Override
    public String toString() {
        return "Attempt[" + page + "]";
    }
}
