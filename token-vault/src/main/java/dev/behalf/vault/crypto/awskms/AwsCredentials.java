package dev.behalf.vault.crypto.awskms;

import dev.behalf.kernel.secret.Secret;
import org.jspecify.annotations.Nullable;

/// Who asks AWS.
///
/// @param sessionToken of temporary ones
record AwsCredentials(
        String accessKeyId,
        Secret secretAccessKey,
        @Nullable Secret sessionToken) {}
