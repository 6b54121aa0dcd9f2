/// Deletes what nobody needs any more: each feature says what by a [Sweep].
@NullMarked
package dev.behalf.authz.sweep;

import org.jspecify.annotations.NullMarked;
