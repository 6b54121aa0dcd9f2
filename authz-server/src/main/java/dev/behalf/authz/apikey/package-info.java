/// Operators' API keys: opaque, kept as digests, expiring, revocable. Start reading at [ApiKeyController].
@NullMarked
package dev.behalf.authz.apikey;

import org.jspecify.annotations.NullMarked;
