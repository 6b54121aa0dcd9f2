/// What is told of connections on Kafka, kept in the transaction that makes it so. Start reading at
/// [ConnectionEvents]. No event holds a token, nor anything about the account at the provider.
@NullMarked
package dev.behalf.vault.event;

import org.jspecify.annotations.NullMarked;
