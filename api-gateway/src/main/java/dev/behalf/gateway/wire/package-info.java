/// What may come in from the wire, and what may go on: two parsers must not be able to read a request differently.
/// Start reading at [RequestGuard].
@NullMarked
package dev.behalf.gateway.wire;

import org.jspecify.annotations.NullMarked;
