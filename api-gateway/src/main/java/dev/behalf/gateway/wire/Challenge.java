package dev.behalf.gateway.wire;

/// What stands in `WWW-Authenticate` when a bearer token is missing or not good (RFC 6750 §3).
public final class Challenge {

    private final String realm;

    /// @param realm of the tokens; the public URL
    public Challenge(String realm) {
        this.realm = "Bearer realm=\"" + quotable(realm) + "\"";
    }

    /// No token was sent: nothing is said about errors (§3.1).
    public String missing() {
        return realm;
    }

    /// A token was sent and is not good.
    ///
    /// @param description any text; a character that `error_description` cannot hold becomes another
    public String invalidToken(String description) {
        return withError("invalid_token", description);
    }

    /// It is not clear what was sent.
    public String invalidRequest(String description) {
        return withError("invalid_request", description);
    }

    private String withError(String code, String description) {
        return realm + ", error=\"" + code + "\", error_description=\"" + quotable(description) + "\"";
    }

    /// Of the characters %x20-21 / %x23-5B / %x5D-7E alone, which need no quoting (§3).
    private static String quotable(String text) {
        var out = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            out.append(
                    switch (c) {
                        case '"' -> '\'';
                        case '\\' -> '/';
                        default -> c >= 0x20 && c < 0x7f ? c : '?';
                    });
        }
        return out.toString();
    }
}
