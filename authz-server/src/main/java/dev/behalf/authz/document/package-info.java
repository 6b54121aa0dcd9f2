/// The OpenAPI document of this service.
@NullMarked
package dev.behalf.authz.document;

import org.jspecify.annotations.NullMarked;
