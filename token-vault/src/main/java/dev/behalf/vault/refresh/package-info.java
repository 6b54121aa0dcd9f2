/// Serves access tokens that are good, and refreshes those that are about to expire: once for all replicas, by
/// a lease in the database that is held while the provider is asked, and no connection to the database with it.
/// Start reading at [FreshTokens].
@NullMarked
package dev.behalf.vault.refresh;

import org.jspecify.annotations.NullMarked;
