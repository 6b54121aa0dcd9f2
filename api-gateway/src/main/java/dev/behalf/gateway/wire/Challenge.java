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

    /// The token that was sent does not allow enough.
    public String insufficientScope(String description) {
        return withError("insufficient_scope", description);
    }

    /// The challenge, for a resource: it also says where the metadata is from which a client learns where to
    /// get a token (RFC 9728 §5.1), and what that must allow.
    ///
    /// @param metadata URL of the document
    /// @param scope    space-delimited; empty: nothing is asked for
    public static String forResource(String challenge, String metadata, String scope) {
        return challenge + ", resource_metadata=\"" + quotable(metadata) + "\""
                + (scope.isEmpty() ? "" : ", scope=\"" + quotable(scope) + "\"");
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
