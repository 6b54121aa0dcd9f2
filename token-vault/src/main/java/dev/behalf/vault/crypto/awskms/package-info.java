/// Key-encryption keys in AWS KMS. Start reading at [AwsKmsKeys].
@NullMarked
package dev.behalf.vault.crypto.awskms;

import org.jspecify.annotations.NullMarked;
