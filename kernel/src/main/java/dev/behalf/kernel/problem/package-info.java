/// What a client is told when a request fails: `application/problem+json` (RFC 9457) with the extension member `error`,
/// which repeats `detail` for clients that read nothing else. Start reading at [Problem].
@NullMarked
package dev.behalf.kernel.problem;

import org.jspecify.annotations.NullMarked;
