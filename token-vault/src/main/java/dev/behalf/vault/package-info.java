/// The vault: the accounts at other services that users have connected. It keeps their tokens sealed, and gives
/// them to the agents that the users let have them.
@Configuration
@Requires(property = "behalf.service", value = "token-vault")
@NullMarked
package dev.behalf.vault;

import io.micronaut.context.annotation.Configuration;
import io.micronaut.context.annotation.Requires;
import org.jspecify.annotations.NullMarked;
