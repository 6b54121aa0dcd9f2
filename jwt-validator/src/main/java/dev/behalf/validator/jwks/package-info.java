/// The issuers' key sets: read ahead of need, kept while they cannot be read, never steered by a token.
/// Start reading at [IssuerKeys].
@NullMarked
package dev.behalf.validator.jwks;

import org.jspecify.annotations.NullMarked;
