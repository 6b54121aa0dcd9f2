/// What people have allowed: the [Consents] that are remembered, and the [Grants] that agents hold by them, in
/// a tree of delegations. Start reading at [Grants]. Nothing outside touches the tables `consent` and
/// `user_grant`.
@NullMarked
package dev.behalf.authz.grant;

import org.jspecify.annotations.NullMarked;
