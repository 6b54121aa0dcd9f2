/// Requests that leave a service: bounded in time and size, never redirected, and, where someone else chose the URL,
/// only to public addresses. Start reading at [HttpCaller].
@NullMarked
package dev.behalf.kernel.outbound;

import org.jspecify.annotations.NullMarked;
