/// Who the user is: the validator's verdict on a token, asked for once and then remembered.
/// Start reading at [Verdicts].
@NullMarked
package dev.behalf.gateway.identity;

import org.jspecify.annotations.NullMarked;
