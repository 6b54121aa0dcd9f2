/// Key-encryption keys in Google Cloud KMS. Start reading at [GcpKmsKeys].
@NullMarked
package dev.behalf.vault.crypto.gcpkms;

import org.jspecify.annotations.NullMarked;
