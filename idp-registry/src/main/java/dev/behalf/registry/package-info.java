/// The registry of identity providers: the only writer of what every other service follows.
/// Start reading at [dev.behalf.registry.provider.ProviderController].
@Configuration
@Requires(property = "behalf.service", value = "idp-registry")
@NullMarked
package dev.behalf.registry;

import io.micronaut.context.annotation.Configuration;
import io.micronaut.context.annotation.Requires;
import org.jspecify.annotations.NullMarked;
