package dev.behalf.authz.account;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// A password as it was typed, in one form whatever the keyboard (NFKC), and what is asked of a new one: length, and
/// not to be among the first that anybody would try (NIST SP 800-63B §3.1.1). Nothing else: no rules on its characters.
public final class Password {

    /// In characters.
    public static final int MIN_LENGTH = 12;

    public static final int MAX_LENGTH = 256;

    private static final class Commonest {
        static final Set<String> ALL = read();
    }

    private final String text;

    private Password(String text) {
        this.text = text;
    }

    public static Password of(String typed) {
        return new Password(Normalizer.normalize(typed, Normalizer.Form.NFKC));
    }

    /// What is wrong with it as a new password, as a key of the messages, or null: `password.short`, `password.long`,
    /// `password.common`.
    ///
    /// @param username whose it is to be: it is the first that anybody would try
    public @Nullable String fault(String username) {
        int length = text.codePointCount(0, text.length());
        if (length < MIN_LENGTH) {
            return "password.short";
        }
        if (length > MAX_LENGTH) {
            return "password.long";
        }
        var folded = text.toLowerCase(Locale.ROOT);
        boolean monotonous = text.codePoints().distinct().count() < 3;
        boolean common = Commonest.ALL.contains(folded) || folded.equals(Usernames.key(username));
        return monotonous || common ? "password.common" : null;
    }

    boolean isLong() {
        return text.codePointCount(0, text.length()) > MAX_LENGTH;
    }

    String reveal() {
        return text;
    }

    @Override
    public String toString() {
        return "[redacted]";
    }

    private static Set<String> read() {
        try (var in = Objects.requireNonNull(
                Password.class.getResourceAsStream("/authz-server/commonest-passwords.txt"), "the jar lacks it")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .collect(Collectors.toUnmodifiableSet());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
