/// The end of a provider that an operator takes away: the tokens of its connections are ended at the provider,
/// then destroyed here, one after the other, in the background. Start reading at [RemovalWorker].
@NullMarked
package dev.behalf.vault.removal;

import org.jspecify.annotations.NullMarked;
