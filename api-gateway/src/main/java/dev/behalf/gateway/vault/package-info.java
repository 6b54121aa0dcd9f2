/// The token vault as seen from here: for a call that an agent makes, it is asked for the token of the user's
/// account, each time anew. Start reading at [ProviderTokens].
@NullMarked
package dev.behalf.gateway.vault;

import org.jspecify.annotations.NullMarked;
