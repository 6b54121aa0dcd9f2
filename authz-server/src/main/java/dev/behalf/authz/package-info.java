/// The authorization server: our own access tokens, the keys that sign them, and the operators' API keys.
/// Start reading at [dev.behalf.authz.token.TokenController].
@Configuration
@Requires(property = "behalf.service", value = "authz-server")
@NullMarked
package dev.behalf.authz;

import io.micronaut.context.annotation.Configuration;
import io.micronaut.context.annotation.Requires;
import org.jspecify.annotations.NullMarked;
