/// Connects accounts: a user is sent to the provider and comes back with a code, or brings a key. Start reading
/// at [Connecting].
@NullMarked
package dev.behalf.vault.connect;

import org.jspecify.annotations.NullMarked;
