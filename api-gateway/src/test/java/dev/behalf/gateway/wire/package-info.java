/// The readers of the wire, fed with made-up input.
@NullMarked
package dev.behalf.gateway.wire;

import org.jspecify.annotations.NullMarked;
