package dev.behalf.registry.document;

import dev.behalf.kernel.access.Unprotected;
import io.micronaut.core.io.ResourceResolver;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import java.io.IOException;
import java.io.UncheckedIOException;

/// The descriptions of the API (OpenAPI 3.1), of the events (AsyncAPI 3.0) and of their data (JSON Schema), as written
/// beside the code.
@Controller
final class DocumentController {

    private final byte[] openapi;
    private final byte[] asyncapi;
    private final byte[] schema;

    DocumentController(ResourceResolver resources) {
        openapi = read(resources, "openapi.yaml");
        asyncapi = read(resources, "asyncapi.yaml");
        schema = read(resources, "identity-provider.v1.schema.json");
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

    private static byte[] read(ResourceResolver resources, String name) {
        try (var in = resources
                .getResourceAsStream("classpath:idp-registry/" + name)
                .orElseThrow(() -> new IllegalStateException(name + " is missing from the jar"))) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
