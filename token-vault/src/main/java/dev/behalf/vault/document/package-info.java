/// The OpenAPI document of this service.
@NullMarked
package dev.behalf.vault.document;

import org.jspecify.annotations.NullMarked;
