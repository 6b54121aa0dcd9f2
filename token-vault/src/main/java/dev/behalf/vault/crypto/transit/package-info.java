/// Key-encryption keys in the Transit engine of HashiCorp Vault or OpenBao. Start reading at [TransitKeys].
@NullMarked
package dev.behalf.vault.crypto.transit;

import org.jspecify.annotations.NullMarked;
