package dev.behalf.authz.page;

import dev.behalf.kernel.access.Unprotected;
import dev.behalf.kernel.problem.ProblemException;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import java.util.List;

/// `/assets`: the style sheet and the emblem of the pages.
@Controller("/assets")
final class Assets {

    static final Asset STYLE = Asset.read("behalf", "css", "text/css");
    static final Asset EMBLEM = Asset.read("behalf", "svg", "image/svg+xml");

    @Get(value = "/{name}", produces = "*/*")
    @Unprotected("how pages look is for everybody")
    HttpResponse<byte[]> asset(String name) {
        return List.of(STYLE, EMBLEM).stream()
                .filter(asset -> asset.name().equals(name))
                .findFirst()
                .<HttpResponse<byte[]>>map(asset -> HttpResponse.ok(asset.content())
                        .contentType(asset.mediaType())
                        .header("Cache-Control", "public, max-age=31536000, immutable")
                        .header("X-Content-Type-Options", "nosniff")
                        .header("Content-Security-Policy", "default-src 'none'"))
                .orElseThrow(() -> ProblemException.notFound("there is nothing at this path"));
    }
}
