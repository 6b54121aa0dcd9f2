@NullMarked
package dev.behalf.vault.connection;

import org.jspecify.annotations.NullMarked;
