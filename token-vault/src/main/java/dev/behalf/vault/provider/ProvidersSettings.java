package dev.behalf.vault.provider;

import io.micronaut.context.annotation.ConfigurationProperties;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// @param providersFile YAML: `providers`, and below it definitions by name; left out: providers come from the
///                      API only
@ConfigurationProperties("behalf.vault")
record ProvidersSettings(@Nullable Path providersFile) {}
