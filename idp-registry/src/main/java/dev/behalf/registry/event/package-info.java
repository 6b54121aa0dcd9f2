/// Changes told to others: kept in the transaction that makes them ([Outbox]), published to Kafka in order ([Relay]),
/// and streamed to those without Kafka ([ChangeStreamController]).
@NullMarked
package dev.behalf.registry.event;

import org.jspecify.annotations.NullMarked;
