package dev.behalf.vault.page;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.context.annotation.Context;
import io.micronaut.core.bind.annotation.Bindable;

/// @param name what the pages call the service
@Context
@ConfigurationProperties("behalf.vault.pages")
record PageSettings(@Bindable(defaultValue = "Behalf") String name) {}
