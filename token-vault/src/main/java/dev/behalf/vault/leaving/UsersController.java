package dev.behalf.vault.leaving;

import dev.behalf.kernel.access.RequiresScope;
import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.oauth.Caller;
import dev.behalf.kernel.oauth.Scope;
import dev.behalf.kernel.problem.ProblemException;
import dev.behalf.vault.session.Sessions;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Delete;
import io.micronaut.http.annotation.PathVariable;
import reactor.core.publisher.Mono;

/// `/api/v1/vault/users`: for operators, of users who are gone.
@Controller("/api/v1/vault/users")
final class UsersController {

    private static final int LONGEST_USER = 500;

    private final Leaving leaving;
    private final Sessions sessions;

    UsersController(Leaving leaving, Sessions sessions) {
        this.leaving = leaving;
        this.sessions = sessions;
    }

    /// Ends everything that is kept of the user, or as much as one request can do: until `left` is 0, it is to
    /// be called again. A user of whom nothing is kept is none to be told from others.
    @Delete(value = "/{user}", produces = "application/json")
    @RequiresScope(Scope.VAULT_USERS_WRITE)
    Mono<byte[]> end(Caller caller, @PathVariable String user) {
        if (user.length() > LONGEST_USER || user.chars().anyMatch(Character::isISOControl)) {
            throw ProblemException.badRequest("the user must be the id of an account");
        }
        return leaving.end(user, who(caller), sessions.endAll(user)).map(left -> Json.write(left.toJson()));
    }

    private static String who(Caller caller) {
        return caller.actor() == null ? caller.subject() : caller.subject() + " through " + caller.actor();
    }
}
