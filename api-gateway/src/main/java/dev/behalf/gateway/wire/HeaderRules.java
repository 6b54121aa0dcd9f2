package dev.behalf.gateway.wire;

import io.netty.util.AsciiString;
import java.util.Set;

/// What becomes of a header, by its name: in any case, and with any other character in the place of a `-`, since some
/// upstreams take those for the same (CVE-2025-64484).
public enum HeaderRules {
    /// Goes on as it is.
    FORWARD,
    /// Ends here: it is about this connection (RFC 9110 §7.6.1).
    HOP,
    /// Ends here: only the gateway says such things.
    OURS,
    HOST,
    CONNECTION,
    CONTENT_LENGTH,
    TRANSFER_ENCODING,
    AUTHORIZATION,
    COOKIE,
    EXPECT,
    UPGRADE,
    REQUEST_ID,
    API_KEY;

    private static final Set<String> HOP_NAMES = Set.of(
            "keep-alive",
            "proxy-connection",
            "te",
            "trailer",
            "proxy-authorization",
            "proxy-authenticate",
            "http2-settings");

    private static final Set<String> OUR_NAMES = Set.of(
            "x-end-user-id",
            "x-agent-id",
            "txn-token",
            "forwarded",
            "x-real-ip",
            "x-client-ip",
            "x-cluster-client-ip",
            "true-client-ip",
            "x-rewrite-url",
            "x-http-method",
            "x-http-method-override",
            "x-method-override",
            "x-remote-user",
            "remote-user",
            "x-user-id",
            "x-auth-request-user",
            "x-auth-request-email",
            "x-envoy-original-path",
            "x-envoy-external-address");

    private static final AsciiString X_FORWARDED = AsciiString.cached("x-forwarded-");
    private static final AsciiString X_ORIGINAL = AsciiString.cached("x-original-");

    private static final int SIZE = 512;
    private static final AsciiString[] NAMES = new AsciiString[SIZE];
    private static final HeaderRules[] RULES = new HeaderRules[SIZE];

    static {
        HOP_NAMES.forEach(name -> put(name, HOP));
        OUR_NAMES.forEach(name -> put(name, OURS));
        put("host", HOST);
        put("connection", CONNECTION);
        put("content-length", CONTENT_LENGTH);
        put("transfer-encoding", TRANSFER_ENCODING);
        put("authorization", AUTHORIZATION);
        put("cookie", COOKIE);
        put("expect", EXPECT);
        put("upgrade", UPGRADE);
        put("x-request-id", REQUEST_ID);
        put("x-runagents-api-key", API_KEY);
    }

    /// The rule for a header of that name, exactly spelt but for case.
    public static HeaderRules of(CharSequence name) {
        for (int at = AsciiString.hashCode(name) & (SIZE - 1); NAMES[at] != null; at = (at + 1) & (SIZE - 1)) {
            if (NAMES[at].contentEqualsIgnoreCase(name)) {
                return RULES[at];
            }
        }
        if (isOneOf(X_FORWARDED, name) || isOneOf(X_ORIGINAL, name)) {
            return OURS;
        }
        return isPlain(name) ? FORWARD : ofAlias(name);
    }

    /// Whether the name is of letters, digits and hyphens alone. A request's other names do not go on, as with nginx:
    /// an interface that turns names into variables may take them for a name with hyphens.
    static boolean isPlain(CharSequence name) {
        for (int i = 0; i < name.length(); i++) {
            if (!isLetterOrDigit(name.charAt(i)) && name.charAt(i) != '-') {
                return false;
            }
        }
        return true;
    }

    /// Whether a `Connection` header may name it: what the gateway itself relies on or vouches for must not be
    /// removed at a client's wish (CVE-2024-45410).
    static boolean mayBeNominated(String name) {
        var rule = of(name);
        return rule == FORWARD || rule == HOP || rule == UPGRADE;
    }

    private static boolean isOneOf(AsciiString family, CharSequence name) {
        return AsciiString.regionMatches(name, true, 0, family, 0, family.length());
    }

    private static boolean isLetterOrDigit(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    }

    /// An alias of a name with a rule is never that header, and is not passed on for others to take it for that.
    private static HeaderRules ofAlias(CharSequence name) {
        var plain = new StringBuilder(name.length());
        for (int i = 0; i < name.length(); i++) {
            plain.append(isLetterOrDigit(name.charAt(i)) ? name.charAt(i) : '-');
        }
        return of(plain) == FORWARD ? FORWARD : OURS;
    }

    private static void put(String name, HeaderRules rule) {
        int at = AsciiString.hashCode(name) & (SIZE - 1);
        while (NAMES[at] != null) {
            at = (at + 1) & (SIZE - 1);
        }
        NAMES[at] = AsciiString.cached(name);
        RULES[at] = rule;
    }
}
