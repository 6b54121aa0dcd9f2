package dev.behalf.authz.account;

import java.text.Normalizer;
import java.util.Locale;

/// What a user name can be: text of at most 255 characters without control characters or blanks at its ends. Two that
/// differ in nothing but case or width are the same.
final class Usernames {

    static final int MAX_LENGTH = 255;

    private Usernames() {}

    static boolean isPossible(String username) {
        return !username.isBlank()
                && username.length() <= MAX_LENGTH
                && username.strip().equals(username)
                && username.codePoints().noneMatch(Usernames::isInvisible);
    }

    /// The form in which names are compared.
    static String key(String username) {
        var folded = Normalizer.normalize(username, Normalizer.Form.NFKC).toLowerCase(Locale.ROOT);
        return Normalizer.normalize(folded, Normalizer.Form.NFKC);
    }

    /// Control and format characters, and what is no character: two names must not look the same because of them.
    private static boolean isInvisible(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR -> true;
            default -> false;
        };
    }
}
