/// Events between the services and for subscribers outside: CloudEvents 1.0 in Kafka's binary mode on compacted topics.
@NullMarked
package dev.behalf.kernel.event;

import org.jspecify.annotations.NullMarked;
