/// The whole suite from outside: started by its command, spoken to over HTTP, killed by signals.
@NullMarked
package dev.behalf.local;

import org.jspecify.annotations.NullMarked;
