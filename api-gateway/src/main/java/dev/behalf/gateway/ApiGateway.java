package dev.behalf.gateway;

import dev.behalf.kernel.service.Service;
import io.micronaut.context.ApplicationContext;
import java.util.Map;

/// Starts the gateway.
public final class ApiGateway {

    public static final String NAME = "api-gateway";

    private ApiGateway() {}

    public static void main(String[] args) {
        Service.run(NAME, ApiGateway.class, Map.of(), args);
    }

    /// @param overrides settings that win over all others
    public static ApplicationContext start(Map<String, Object> overrides, String... args) {
        return Service.start(NAME, ApiGateway.class, overrides, args);
    }
}
