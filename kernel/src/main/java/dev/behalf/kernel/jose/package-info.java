/// JSON Web Signatures (RFC 7515), keys (RFC 7517) and tokens (RFC 7519), read strictly: what is not expressly expected
/// is refused.
@NullMarked
package dev.behalf.kernel.jose;

import org.jspecify.annotations.NullMarked;
