/// The gateway: nothing reaches an upstream that it did not check and rebuild.
/// Start reading at [dev.behalf.gateway.proxy.PublicPort].
@Configuration
@Requires(property = "behalf.service", value = "api-gateway")
@NullMarked
package dev.behalf.gateway;

import io.micronaut.context.annotation.Configuration;
import io.micronaut.context.annotation.Requires;
import org.jspecify.annotations.NullMarked;
