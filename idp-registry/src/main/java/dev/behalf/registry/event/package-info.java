/// Changes told to others: kept in the transaction that makes them ([ChangeLog]), published to Kafka in order
/// ([ProviderPublication]), and streamed to those without Kafka ([ChangeStreamController]).
@NullMarked
package dev.behalf.registry.event;

import org.jspecify.annotations.NullMarked;
