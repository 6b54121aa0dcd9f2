/// PostgreSQL and Kafka without containers: real servers, durable, on a folder that is kept. Start reading at
/// [PostgresServer] and [KafkaBroker].
@NullMarked
package dev.behalf.embedded;

import org.jspecify.annotations.NullMarked;
