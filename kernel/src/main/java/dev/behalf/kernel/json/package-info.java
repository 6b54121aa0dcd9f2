/// JSON read strictly (RFC 8259, I-JSON RFC 7493): what two parsers could read differently is refused.
@NullMarked
package dev.behalf.kernel.json;

import org.jspecify.annotations.NullMarked;
