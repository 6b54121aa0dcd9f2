/// The bodies of requests to the JSON endpoints.
@NullMarked
package dev.behalf.authz.body;

import org.jspecify.annotations.NullMarked;
