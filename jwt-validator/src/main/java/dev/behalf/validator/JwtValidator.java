package dev.behalf.validator;

import dev.behalf.kernel.service.Service;
import io.micronaut.context.ApplicationContext;
import java.util.Map;

/// Starts the validator.
public final class JwtValidator {

    public static final String NAME = "jwt-validator";

    private JwtValidator() {}

    public static void main(String[] args) {
        Service.run(NAME, JwtValidator.class, Map.of(), args);
    }

    /// @param overrides settings that win over all others
    public static ApplicationContext start(Map<String, Object> overrides, String... args) {
        return Service.start(NAME, JwtValidator.class, overrides, args);
    }
}
