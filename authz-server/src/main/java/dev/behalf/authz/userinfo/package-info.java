/// What clients may know of the person who signed in (OpenID Connect Core §5.3).
@NullMarked
package dev.behalf.authz.userinfo;

import org.jspecify.annotations.NullMarked;
