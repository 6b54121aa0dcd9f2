/// Secrets at rest: one encrypted value for each place, for all features that keep any. Start reading at
/// [SealedSecrets]. Nothing outside this package touches its tables.
@NullMarked
package dev.behalf.vault.secret;

import org.jspecify.annotations.NullMarked;
