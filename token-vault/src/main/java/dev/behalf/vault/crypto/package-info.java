/// The only place of the vault that touches cryptography: envelope encryption, and the keys behind it. Every
/// secret has a data key of its own; a data key is stored only wrapped by a key-encryption key. Start reading
/// at [Envelopes]; each way to keep key-encryption keys is a package below this one.
@NullMarked
package dev.behalf.vault.crypto;

import org.jspecify.annotations.NullMarked;
