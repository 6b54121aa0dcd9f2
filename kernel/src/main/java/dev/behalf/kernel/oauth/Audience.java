package dev.behalf.kernel.oauth;

/// The resource identifiers of our own services: the `aud` of a token for each (RFC 8707 §2, RFC 9068 §2.2).
public final class Audience {

    public static final String AUTHZ_SERVER = "urn:behalf:authz-server";
    public static final String IDP_REGISTRY = "urn:behalf:idp-registry";
    public static final String JWT_VALIDATOR = "urn:behalf:jwt-validator";
    public static final String TOKEN_VAULT = "urn:behalf:token-vault";

    /// What an operator's token is for: the management APIs on the public port. No service accepts it; the
    /// gateway exchanges it for a short token of the one service that the call is for.
    public static final String MANAGEMENT = "urn:behalf:management";

    private Audience() {}
}
