/// Key-encryption keys in a file: the default for one machine. Start reading at [LocalKeys].
@NullMarked
package dev.behalf.vault.crypto.local;

import org.jspecify.annotations.NullMarked;
