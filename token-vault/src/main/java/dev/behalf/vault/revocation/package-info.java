/// Whose tokens count no more: the vault follows the authorization server's revocations and lets nobody in by a
/// token that one concerns. Start reading at [RevokedCallers].
@NullMarked
package dev.behalf.vault.revocation;

import org.jspecify.annotations.NullMarked;
