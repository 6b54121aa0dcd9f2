/// `/oauth/token`: the checks that all grants share, one file for each grant and each client authentication method.
/// Start reading at [TokenController].
@NullMarked
package dev.behalf.authz.token;

import org.jspecify.annotations.NullMarked;
