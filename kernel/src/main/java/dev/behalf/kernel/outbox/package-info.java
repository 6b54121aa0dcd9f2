/// How a service publishes what its transactions keep in the table `outbox`: in order ([Relay]), to the topic that it
/// names ([Publication]). The tables `outbox`, `dead_letter` and `relay_lease` are made by the service's migration.
@NullMarked
package dev.behalf.kernel.outbox;

import org.jspecify.annotations.NullMarked;
