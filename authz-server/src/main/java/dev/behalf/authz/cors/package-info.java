/// What programs in browsers may call from any origin ([CrossOriginFilter]).
@NullMarked
package dev.behalf.authz.cors;

import org.jspecify.annotations.NullMarked;
