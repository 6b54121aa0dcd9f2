/// The accounts that users have connected: what is known of each, and its tokens, which are sealed. Nothing
/// outside touches the table. Start reading at [Connections].
@NullMarked
package dev.behalf.vault.connection;

import org.jspecify.annotations.NullMarked;
