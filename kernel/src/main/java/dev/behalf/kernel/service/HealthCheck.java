package dev.behalf.kernel.service;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.URI;

/// Asks a service for its health and ends with status 0 when it answers 200, else 1. Container images without a
/// shell or curl run it as their health check; it uses the JDK alone, so that it starts fast.
public final class HealthCheck {
    private static final int TIMEOUT_MILLIS = 2_000;

    private HealthCheck() {}

    /// Expects the address of a health endpoint as the only argument.
    public static void main(String[] args) {
        System.exit(args.length == 1 && healthy(URI.create(args[0])) ? 0 : 1);
    }

    static boolean healthy(URI endpoint) {
        try {
            HttpURLConnection call = (HttpURLConnection) endpoint.toURL().openConnection(Proxy.NO_PROXY);
            call.setConnectTimeout(TIMEOUT_MILLIS);
            call.setReadTimeout(TIMEOUT_MILLIS);
            call.setInstanceFollowRedirects(false);
            return call.getResponseCode() == HttpURLConnection.HTTP_OK;
        } catch (IOException unreachable) {
            return false;
        }
    }
}
