package dev.behalf.validator.document;

import dev.behalf.kernel.access.Unprotected;
import io.micronaut.core.io.ResourceResolver;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import java.io.IOException;
import java.io.UncheckedIOException;

/// `/openapi.yaml`: the document, as written beside the code.
@Controller
final class OpenApiController {

    private final byte[] document;

    OpenApiController(ResourceResolver resources) {
        try (var in = resources
                .getResourceAsStream("classpath:jwt-validator/openapi.yaml")
                .orElseThrow(() -> new IllegalStateException("openapi.yaml is missing from the jar"))) {
            this.document = in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Get(value = "/openapi.yaml", produces = "application/yaml")
    @Unprotected("the description of the API is for everybody")
    HttpResponse<byte[]> document() {
        return HttpResponse.ok(document);
    }
}
