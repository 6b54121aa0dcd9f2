package dev.behalf.kernel.access;

import dev.behalf.kernel.oauth.Caller;
import io.micronaut.context.annotation.Requires;
import io.micronaut.http.annotation.Body;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Post;
import java.util.TreeSet;

/// Endpoints of each kind.
@Controller
@Requires(property = "behalf.test.clock")
final class ProtectedController {

    @Get(value = "/protected", produces = "text/plain")
    @RequiresScope("things:read")
    String read(Caller caller) {
        return caller.subject() + " by " + caller.actor() + " may " + new TreeSet<>(caller.scopes());
    }

    @Post(value = "/protected", produces = "text/plain", consumes = "text/plain")
    @RequiresScope("things:write")
    String write(@Body String body) {
        return body;
    }

    @Get(value = "/open", produces = "text/plain")
    @Unprotected("it is a test")
    String open() {
        return "open";
    }

    @Get(value = "/forgotten", produces = "text/plain")
    String forgotten() {
        return "nobody may see this";
    }
}
