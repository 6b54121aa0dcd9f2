package dev.behalf.authz.account;

import dev.behalf.kernel.access.RequiresScope;
import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.oauth.Caller;
import dev.behalf.kernel.oauth.OAuthSettings;
import dev.behalf.kernel.oauth.Scope;
import dev.behalf.kernel.problem.JsonBody;
import dev.behalf.kernel.problem.ProblemException;
import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.annotation.Body;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Delete;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Patch;
import io.micronaut.http.annotation.Post;
import io.micronaut.http.annotation.QueryValue;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/// `/api/v1/users`: people's accounts, for operators. What lets somebody set a password is shown once.
@Controller("/api/v1/users")
final class UserController {

    private static final Logger audit = LoggerFactory.getLogger("behalf.audit");
    private static final int MAX_PAGE = 200;

    private final Accounts accounts;
    private final Passwords passwords;
    private final String setPasswordUrl;

    UserController(Accounts accounts, Passwords passwords, OAuthSettings settings) {
        this.accounts = accounts;
        this.passwords = passwords;
        this.setPasswordUrl = settings.issuer() + "/login/password?ticket=";
    }

    /// In order of user name. `next` is there when more follow: it goes back as `after`.
    @Get(produces = "application/json")
    @RequiresScope(Scope.USERS_READ)
    Mono<byte[]> list(@QueryValue @Nullable String after, @QueryValue @Nullable Integer limit) {
        int most = limit == null ? MAX_PAGE : limit;
        if (most < 1 || most > MAX_PAGE) {
            throw ProblemException.badRequest("limit must be a whole number from 1 to " + MAX_PAGE);
        }
        return accounts.page(after == null ? "" : after, most + 1)
                .collectList()
                .map(found -> Json.write(page(found, most)));
    }

    @Post(produces = "application/json")
    @RequiresScope(Scope.USERS_WRITE)
    Mono<HttpResponse<byte[]>> create(Caller caller, HttpHeaders headers, @Body byte @Nullable [] body) {
        return Mono.fromSupplier(() -> UserRequest.toCreate(JsonBody.read(headers, body)))
                .flatMap(accounts::create)
                .switchIfEmpty(Mono.error(() -> new ProblemException(HttpStatus.CONFLICT, "the user name is taken")))
                .doOnNext(created -> audit(caller, "created", created.account().id()))
                .map(created -> {
                    var json = new LinkedHashMap<String, @Nullable Object>(shown(created.account()));
                    if (created.ticket() != null) {
                        json.putAll(shown(created.ticket()));
                    }
                    return HttpResponse.created(Json.write(json)).header("Cache-Control", "no-store");
                });
    }

    @Get(value = "/{id}", produces = "application/json")
    @RequiresScope(Scope.USERS_READ)
    Mono<byte[]> read(String id) {
        return known(id)
                .flatMap(accounts::byId)
                .switchIfEmpty(Mono.error(UserController::notFound))
                .map(account -> Json.write(shown(account)));
    }

    @Patch(value = "/{id}", produces = "application/json", consumes = "*/*")
    @RequiresScope(Scope.USERS_WRITE)
    Mono<byte[]> change(Caller caller, String id, HttpHeaders headers, @Body byte @Nullable [] body) {
        return Mono.fromSupplier(() -> UserRequest.toChange(JsonBody.read(headers, body)))
                .flatMap(request -> known(id).flatMap(it -> accounts.change(it, request::changed)))
                .switchIfEmpty(Mono.error(UserController::notFound))
                .doOnNext(account -> audit(caller, account.disabled() ? "changed (disabled)" : "changed", id))
                .map(account -> Json.write(shown(account)));
    }

    /// Ends the old password's use only when the person sets the new one: who asks for a reset by mistake or malice
    /// shuts nobody out.
    @Post(value = "/{id}/reset-password", produces = "application/json", consumes = "*/*")
    @RequiresScope(Scope.USERS_WRITE)
    Mono<HttpResponse<byte[]>> reset(Caller caller, String id) {
        return known(id)
                .flatMap(accounts::byId)
                .switchIfEmpty(Mono.error(UserController::notFound))
                .flatMap(passwords::ticket)
                .doOnNext(_ -> audit(caller, "to set a new password", id))
                .map(ticket -> HttpResponse.created(Json.write(shown(ticket))).header("Cache-Control", "no-store"));
    }

    @Delete(value = "/{id}", produces = "application/json")
    @RequiresScope(Scope.USERS_WRITE)
    Mono<byte[]> delete(Caller caller, String id) {
        return known(id)
                .flatMap(accounts::remove)
                .switchIfEmpty(Mono.error(UserController::notFound))
                .doOnNext(_ -> audit(caller, "deleted", id))
                .map(_ -> Json.write(Map.of("status", "deleted")));
    }

    private static Map<String, Object> page(List<Account> found, int most) {
        var json = new LinkedHashMap<String, Object>();
        var users = found.stream().limit(most).toList();
        json.put("users", users.stream().map(UserController::shown).toList());
        if (found.size() > most) {
            json.put("next", users.getLast().username());
        }
        return json;
    }

    private static Map<String, @Nullable Object> shown(Account account) {
        var json = new LinkedHashMap<String, @Nullable Object>();
        json.put("id", account.id());
        json.put("username", account.username());
        json.put("name", account.name());
        json.put("email", account.email());
        json.put("emailVerified", account.emailVerified());
        json.put("disabled", account.disabled());
        json.put("createdAt", account.createdAt().toString());
        return json;
    }

    private Map<String, Object> shown(Passwords.Ticket ticket) {
        return Map.of(
                "setPasswordUrl",
                setPasswordUrl + ticket.secret().reveal(),
                "setPasswordUntil",
                ticket.expiresAt().toString());
    }

    /// The id if an account could have it; what none can have is not looked up.
    private static Mono<String> known(String id) {
        return id.matches("[0-9a-f-]{36}") ? Mono.just(id) : Mono.empty();
    }

    private static ProblemException notFound() {
        return ProblemException.notFound("there is no such user");
    }

    private static void audit(Caller caller, String what, String id) {
        audit.info("user {} {} by {} through {}", id, what, caller.subject(), caller.actor());
    }
}
