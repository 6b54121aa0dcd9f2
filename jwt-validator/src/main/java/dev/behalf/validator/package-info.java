/// The verdict on a user's token: one token and one host in, one verdict out.
/// Start reading at [dev.behalf.validator.judge.Judge].
@Configuration
@Requires(property = "behalf.service", value = "jwt-validator")
@NullMarked
package dev.behalf.validator;

import io.micronaut.context.annotation.Configuration;
import io.micronaut.context.annotation.Requires;
import org.jspecify.annotations.NullMarked;
