package dev.behalf.registry;

import dev.behalf.kernel.service.Service;
import io.micronaut.context.ApplicationContext;
import java.util.Map;

/// Starts the registry.
public final class IdpRegistry {

    public static final String NAME = "idp-registry";

    private IdpRegistry() {}

    public static void main(String[] args) {
        Service.run(NAME, IdpRegistry.class, Map.of(), args);
    }

    /// @param overrides settings that win over all others
    public static ApplicationContext start(Map<String, Object> overrides, String... args) {
        return Service.start(NAME, IdpRegistry.class, overrides, args);
    }
}
