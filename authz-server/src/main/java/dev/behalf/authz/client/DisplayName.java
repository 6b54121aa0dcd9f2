package dev.behalf.authz.client;

/// A name that a client gives itself, fit to be shown: without characters that are not seen or turn the text around
/// them (Unicode UAX #9), and not so long that it pushes the rest off the page.
final class DisplayName {

    private static final int MAX_CODE_POINTS = 100;

    private DisplayName() {}

    /// What is left of the text; it may be nothing.
    static String of(String text) {
        var shown = new StringBuilder();
        text.codePoints()
                .map(c -> Character.isWhitespace(c) || Character.isSpaceChar(c) ? ' ' : c)
                .filter(DisplayName::isSeen)
                .limit(MAX_CODE_POINTS)
                .forEach(shown::appendCodePoint);
        return shown.toString().replaceAll(" +", " ").strip();
    }

    private static boolean isSeen(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED -> false;
            default -> true;
        };
    }
}
