/// `./behalf`: the whole suite on one machine, on embedded PostgreSQL and Kafka. Start reading at [Main], then [Stack].
@NullMarked
package dev.behalf.local;

import org.jspecify.annotations.NullMarked;
