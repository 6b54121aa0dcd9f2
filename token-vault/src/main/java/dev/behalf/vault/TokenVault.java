package dev.behalf.vault;

import dev.behalf.kernel.service.Service;
import io.micronaut.context.ApplicationContext;
import java.util.Map;

/// Starts the vault.
public final class TokenVault {

    public static final String NAME = "token-vault";

    private TokenVault() {}

    public static void main(String[] args) {
        Service.run(NAME, TokenVault.class, Map.of(), args);
    }

    /// @param overrides settings that win over all others
    public static ApplicationContext start(Map<String, Object> overrides, String... args) {
        return Service.start(NAME, TokenVault.class, overrides, args);
    }
}
