/// The keys that sign our tokens: made, sealed, shared through the database, rotated with overlap.
/// Start reading at [SigningKeys].
@NullMarked
package dev.behalf.authz.key;

import org.jspecify.annotations.NullMarked;
