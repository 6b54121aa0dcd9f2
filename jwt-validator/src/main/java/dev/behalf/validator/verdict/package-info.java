/// The verdict as other services of the suite ask for it. Start reading at [VerdictController].
@NullMarked
package dev.behalf.validator.verdict;

import org.jspecify.annotations.NullMarked;
