/// The public port and the forwarding path, on Netty. Start reading at [PublicPort], then [ClientConnection].
@NullMarked
package dev.behalf.gateway.proxy;

import org.jspecify.annotations.NullMarked;
