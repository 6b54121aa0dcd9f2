/// How people sign in: with a password, or through a registered identity provider. Start reading at [SignIn].
@NullMarked
package dev.behalf.authz.login;

import org.jspecify.annotations.NullMarked;
