/// The identity providers as every service sees them: the state on the wire ([ProviderState]), the set of them at one
/// moment ([Providers]), and how a replica follows the registry ([ProviderFeed]).
@NullMarked
package dev.behalf.kernel.provider;

import org.jspecify.annotations.NullMarked;
