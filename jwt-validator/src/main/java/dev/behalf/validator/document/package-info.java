/// The OpenAPI document of this service.
@NullMarked
package dev.behalf.validator.document;

import org.jspecify.annotations.NullMarked;
