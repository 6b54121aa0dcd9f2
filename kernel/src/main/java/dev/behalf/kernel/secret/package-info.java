/// Values that must not be seen, and digests of what only needs to be recognised.
@NullMarked
package dev.behalf.kernel.secret;

import org.jspecify.annotations.NullMarked;
