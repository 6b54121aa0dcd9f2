/// How a verdict is reached, check by check, in one order. Start reading at [Judge].
@NullMarked
package dev.behalf.validator.judge;

import org.jspecify.annotations.NullMarked;
