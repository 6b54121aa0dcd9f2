/// Who is signed in in which browser. Start reading at [Sessions].
@NullMarked
package dev.behalf.authz.session;

import org.jspecify.annotations.NullMarked;
