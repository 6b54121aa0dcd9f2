@NullMarked
package dev.behalf.vault.refresh;

import org.jspecify.annotations.NullMarked;
