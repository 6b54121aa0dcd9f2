/// The gateway, started whole and spoken to over raw sockets.
@NullMarked
package dev.behalf.gateway;

import org.jspecify.annotations.NullMarked;
