@NullMarked
package dev.behalf.vault.give;

import org.jspecify.annotations.NullMarked;
