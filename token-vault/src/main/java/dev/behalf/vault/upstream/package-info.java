/// The calls to providers. Start reading at [Upstream].
@NullMarked
package dev.behalf.vault.upstream;

import org.jspecify.annotations.NullMarked;
