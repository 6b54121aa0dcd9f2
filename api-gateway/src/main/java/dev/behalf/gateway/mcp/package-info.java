/// What clients of the Model Context Protocol are told when their user has to do something first: an error of
/// JSON-RPC that they show as a link, rather than a status of HTTP that they cannot act on. Start reading at
/// [ElicitationRequired].
@NullMarked
package dev.behalf.gateway.mcp;

import org.jspecify.annotations.NullMarked;
