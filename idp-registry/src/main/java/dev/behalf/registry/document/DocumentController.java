package dev.behalf.registry.document;

import dev.behalf.kernel.access.Unprotected;
import dev.behalf.kernel.service.Documents;
import io.micronaut.core.io.ResourceResolver;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;

/// The descriptions of the API (OpenAPI 3.1), of the events (AsyncAPI 3.0) and of their data (JSON Schema), as written
/// beside the code.
@Controller
final class DocumentController {

    private final byte[] openapi;
    private final byte[] asyncapi;
    private final byte[] schema;

    DocumentController(ResourceResolver resources) {
        openapi = Documents.read(resources, "idp-registry/openapi.yaml");
        asyncapi = Documents.read(resources, "idp-registry/asyncapi.yaml");
        schema = Documents.read(resources, "idp-registry/identity-provider.v1.schema.json");
    }

    @Get(value = "/openapi.yaml", produces = "application/yaml")
    @Unprotected("the description of the API is for everybody")
    byte[] openapi() {
        return openapi;
    }

    @Get(value = "/asyncapi.yaml", produces = "application/yaml")
    @Unprotected("the description of the events is for everybody")
    byte[] asyncapi() {
        return asyncapi;
    }

    @Get(value = "/identity-provider.v1.schema.json", produces = "application/schema+json")
    @Unprotected("the description of the events is for everybody")
    byte[] schema() {
        return schema;
    }
}
