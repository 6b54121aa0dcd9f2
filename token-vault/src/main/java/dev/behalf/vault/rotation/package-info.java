/// Exchanging key-encryption keys while the vault is in use. Start reading at [Rotations].
@NullMarked
package dev.behalf.vault.rotation;

import org.jspecify.annotations.NullMarked;
