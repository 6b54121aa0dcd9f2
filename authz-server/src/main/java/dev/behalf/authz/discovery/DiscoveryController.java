package dev.behalf.authz.discovery;

import dev.behalf.kernel.access.Unprotected;
import dev.behalf.kernel.problem.ProblemException;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.PathVariable;
import org.jspecify.annotations.Nullable;

/// The well-known documents: RFC 8414, OpenID Connect Discovery, RFC 9728 for the suite itself, and UCAP's.
/// Where the issuer has a path, they are also found with it in the middle (RFC 8414 §3) and in front (OpenID
/// Connect Discovery §4): clients look in all three places.
@Controller
final class DiscoveryController {

    private final Metadata metadata;

    DiscoveryController(Metadata metadata) {
        this.metadata = metadata;
    }

    @Get(value = "/.well-known/{name}", produces = "application/json")
    @Unprotected("metadata is for everybody")
    HttpResponse<byte[]> atRoot(@PathVariable String name) {
        return document(name, null);
    }

    @Get(value = "/.well-known/{name}/{+path}", produces = "application/json")
    @Unprotected("metadata is for everybody")
    HttpResponse<byte[]> inserted(@PathVariable String name, @PathVariable String path) {
        return document(name, "/" + path);
    }

    @Get(value = "/{first}/.well-known/{name}", produces = "application/json")
    @Unprotected("metadata is for everybody")
    HttpResponse<byte[]> appended(@PathVariable String first, @PathVariable String name) {
        return document(name, "/" + first);
    }

    private HttpResponse<byte[]> document(String name, @Nullable String path) {
        if (path != null && !path.equals(metadata.issuerPath())) {
            throw ProblemException.notFound("there is no such issuer here");
        }
        var body = switch (name) {
            case "oauth-authorization-server" -> metadata.server();
            case "openid-configuration" -> metadata.provider();
            case "oauth-protected-resource" -> metadata.resource();
            case "ucap.json" -> metadata.publisher();
            default -> throw ProblemException.notFound("there is no such document here");
        };
        return HttpResponse.ok(body).header("Cache-Control", "public, max-age=300");
    }
}
