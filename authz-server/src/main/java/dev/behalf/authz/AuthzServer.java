package dev.behalf.authz;

import dev.behalf.kernel.service.Service;
import io.micronaut.context.ApplicationContext;
import java.util.Map;

/// Starts the authorization server.
public final class AuthzServer {

    public static final String NAME = "authz-server";

    private AuthzServer() {}

    public static void main(String[] args) {
        Service.run(NAME, AuthzServer.class, Map.of(), args);
    }

    /// @param overrides settings that win over all others
    public static ApplicationContext start(Map<String, Object> overrides, String... args) {
        return Service.start(NAME, AuthzServer.class, overrides, args);
    }
}
