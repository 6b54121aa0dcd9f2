/// Who may call an endpoint. Every endpoint states it, with [RequiresScope] or [Unprotected]; one that states nothing
/// is closed. Start reading at [BearerFilter].
@NullMarked
package dev.behalf.kernel.access;

import org.jspecify.annotations.NullMarked;
