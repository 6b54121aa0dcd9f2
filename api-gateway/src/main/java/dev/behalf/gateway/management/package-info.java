/// The management APIs of the other services on the public port: which paths are whose, and the operator's credential
/// exchanged for a token that the one service takes. Start reading at [ManagementRoutes].
@NullMarked
package dev.behalf.gateway.management;

import org.jspecify.annotations.NullMarked;
