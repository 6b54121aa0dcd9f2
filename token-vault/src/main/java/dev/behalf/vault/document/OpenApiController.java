package dev.behalf.vault.document;

import dev.behalf.kernel.access.Unprotected;
import dev.behalf.kernel.service.Documents;
import io.micronaut.core.io.ResourceResolver;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;

/// `/openapi.yaml`: the document, as written beside the code.
@Controller
final class OpenApiController {

    private final byte[] document;

    OpenApiController(ResourceResolver resources) {
        document = Documents.read(resources, "token-vault/openapi.yaml");
    }

    @Get(value = "/openapi.yaml", produces = "application/yaml")
    @Unprotected("the description of the API is for everybody")
    byte[] document() {
        return document;
    }
}
