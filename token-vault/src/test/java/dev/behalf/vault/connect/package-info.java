@NullMarked
package dev.behalf.vault.connect;

import org.jspecify.annotations.NullMarked;
