package dev.behalf.authz.client;

import io.micronaut.context.annotation.ConfigurationProperties;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// @param clientFile the operator's clients, a YAML list; null: there are none. It is read when the service starts
@ConfigurationProperties("behalf.authz")
record ClientFileSettings(@Nullable Path clientFile) {}
