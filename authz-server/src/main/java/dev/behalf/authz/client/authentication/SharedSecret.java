package dev.behalf.authz.client.authentication;

/// What the two ways to show a secret share.
final class SharedSecret {

    private SharedSecret() {}

    /// A client that has a secret may show it either way: libraries choose one by what the server offers, not by what
    /// they registered, and neither is weaker than the other.
    static boolean isFor(String registeredMethod) {
        return registeredMethod.equals("client_secret_basic") || registeredMethod.equals("client_secret_post");
    }
}
