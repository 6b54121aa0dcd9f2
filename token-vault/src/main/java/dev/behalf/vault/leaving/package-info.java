/// Everything that is kept of a user ends: as the user wants it at our pages, or as an operator wants it of a
/// user who is gone. Start reading at [Leaving].
@NullMarked
package dev.behalf.vault.leaving;

import org.jspecify.annotations.NullMarked;
