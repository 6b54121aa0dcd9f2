package dev.behalf.authz.userinfo;

import dev.behalf.authz.account.Account;
import dev.behalf.authz.account.Accounts;
import dev.behalf.authz.scope.Resources;
import dev.behalf.authz.scope.ScopeCatalogue;
import dev.behalf.authz.token.AccessTokenReader;
import dev.behalf.kernel.access.Unprotected;
import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.problem.Problem;
import dev.behalf.kernel.problem.ProblemException;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Consumes;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Post;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import reactor.core.publisher.Mono;

/// `/oauth/userinfo` (OpenID Connect Core §5.3). It takes tokens for the suite itself: one that was issued for
/// another resource is known there, and must not tell that resource who the person is.
@Controller("/oauth/userinfo")
final class UserInfoController {

    private static final String SCHEME = "Bearer ";

    private final AccessTokenReader tokens;
    private final Accounts accounts;
    private final Resources resources;

    UserInfoController(AccessTokenReader tokens, Accounts accounts, Resources resources) {
        this.tokens = tokens;
        this.accounts = accounts;
        this.resources = resources;
    }

    @Get(produces = MediaType.APPLICATION_JSON)
    @Unprotected("the token of the person is checked here")
    Mono<HttpResponse<byte[]>> get(HttpRequest<?> http) {
        return answer(http);
    }

    @Post(produces = MediaType.APPLICATION_JSON)
    @Consumes(MediaType.ALL)
    @Unprotected("the token of the person is checked here")
    Mono<HttpResponse<byte[]>> post(HttpRequest<byte[]> http) {
        return answer(http);
    }

    private Mono<HttpResponse<byte[]>> answer(HttpRequest<?> http) {
        var authorization = http.getHeaders().getAll("Authorization");
        if (authorization.size() != 1 || !authorization.getFirst().regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
            return Mono.error(() -> refusal(HttpStatus.UNAUTHORIZED, "an access token is required", ""));
        }
        return tokens.read(authorization.getFirst().substring(SCHEME.length()).strip())
                .filter(token -> token.entitlement().grant() != null
                        && token.entitlement().audience().equals(resources.byDefault()))
                .flatMap(token -> token.entitlement().scopes().contains(ScopeCatalogue.OPENID)
                        ? accounts.byId(token.entitlement().subject())
                                .filter(account -> !account.disabled())
                                .map(account ->
                                        claims(account, token.entitlement().scopes()))
                        : Mono.error(() -> refusal(
                                HttpStatus.FORBIDDEN,
                                "the scope openid is required",
                                ", error=\"insufficient_scope\", scope=\"openid\"")))
                .switchIfEmpty(Mono.error(() ->
                        refusal(HttpStatus.UNAUTHORIZED, "the access token is not valid", ", error=\"invalid_token\"")))
                .map(claims -> HttpResponse.ok(Json.write(claims)).header("Cache-Control", "no-store"));
    }

    /// OpenID Connect Core §5.4: what each scope stands for.
    private static Map<String, Object> claims(Account account, Set<String> scopes) {
        var claims = new LinkedHashMap<String, Object>();
        claims.put("sub", account.id());
        if (scopes.contains("profile")) {
            claims.put("preferred_username", account.username());
            if (account.name() != null) {
                claims.put("name", account.name());
            }
        }
        if (scopes.contains("email") && account.email() != null) {
            claims.put("email", account.email());
            claims.put("email_verified", account.emailVerified());
        }
        return claims;
    }

    private static ProblemException refusal(HttpStatus status, String detail, String error) {
        var kind = status == HttpStatus.FORBIDDEN ? "insufficient-scope" : "invalid-token";
        return new ProblemException(Problem.of(status, kind, detail))
                .header("WWW-Authenticate", "Bearer realm=\"behalf\"" + error);
    }
}
