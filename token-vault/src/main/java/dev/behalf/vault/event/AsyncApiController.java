package dev.behalf.vault.event;

import dev.behalf.kernel.access.Unprotected;
import dev.behalf.kernel.service.Documents;
import io.micronaut.core.io.ResourceResolver;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;

/// The description of the events (AsyncAPI 3.0), as written beside the code.
@Controller
final class AsyncApiController {

    private final byte[] asyncapi;

    AsyncApiController(ResourceResolver resources) {
        asyncapi = Documents.read(resources, "token-vault/asyncapi.yaml");
    }

    @Get(value = "/asyncapi.yaml", produces = "application/yaml")
    @Unprotected("the description of the events is for everybody")
    byte[] asyncapi() {
        return asyncapi;
    }
}
