package dev.behalf.vault.page;

import dev.behalf.kernel.access.Unprotected;
import dev.behalf.kernel.page.Asset;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;

/// `/connections/assets`: the style sheet and the emblem of the pages.
@Controller(Assets.PATH)
final class Assets {

    static final String PATH = "/connections/assets";

    @Get(value = "/{name}", produces = "*/*")
    @Unprotected("how pages look is for everybody")
    HttpResponse<byte[]> asset(String name) {
        return Asset.answer(name);
    }
}
