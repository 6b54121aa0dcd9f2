/// Routes files, good and faulty.
@NullMarked
package dev.behalf.gateway.route;

import org.jspecify.annotations.NullMarked;
