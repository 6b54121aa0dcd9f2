package dev.behalf.gateway.proxy;

import dev.behalf.gateway.route.Injection;
import dev.behalf.kernel.secret.Secret;

/// What the gateway shows an upstream, in place of whatever the client sends by that name.
record Credential(String header, String value) {

    static Credential authorization(String value) {
        return new Credential("Authorization", value);
    }

    static Credential injected(Injection injection, Secret token) {
        var before = injection.scheme().isEmpty() ? "" : injection.scheme() + " ";
        return new Credential(injection.header(), before + token.reveal());
    }

    @Override
    public String toString() {
        return header + ": [redacted]";
    }
}
