package dev.behalf.vault.audit;

import dev.behalf.kernel.access.RequiresScope;
import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.oauth.Scope;
import dev.behalf.kernel.problem.ProblemException;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.QueryValue;
import java.util.LinkedHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// `/api/v1/audit`: who used whose account for what, for operators, and whether all of it is still there.
@Controller("/api/v1/audit")
final class AuditController {

    private static final int DEFAULT_LIMIT = 100;
    private static final int MOST = 1_000;
    private static final long MOST_VERIFIED = 100_000;

    private final AuditLog log;
    private final AuditChain chain;

    AuditController(AuditLog log, AuditChain chain) {
        this.log = log;
        this.chain = chain;
    }

    @Get(produces = "application/json")
    @RequiresScope(Scope.AUDIT_READ)
    Mono<byte[]> list(
            @QueryValue @Nullable String subject,
            @QueryValue @Nullable String agent,
            @QueryValue @Nullable String connection,
            @QueryValue @Nullable String after,
            @QueryValue @Nullable String limit) {
        int most = (int) number(limit, "limit", DEFAULT_LIMIT, 1, MOST);
        return log.list(
                        new AuditFilter(filter(subject), filter(agent), filter(connection)),
                        number(after, "after", 0, 0, Long.MAX_VALUE),
                        most)
                .collectList()
                .map(entries -> page(entries, most));
    }

    /// Follows the chain for at most 100,000 entries; `unfinished` says where to go on.
    @Get(value = "/verification", produces = "application/json")
    @RequiresScope(Scope.AUDIT_READ)
    Mono<byte[]> verify(@QueryValue @Nullable String after, @QueryValue @Nullable String limit) {
        return chain.verify(
                        number(after, "after", 0, 0, Long.MAX_VALUE - 1),
                        number(limit, "limit", MOST_VERIFIED, 1, MOST_VERIFIED))
                .map(found -> Json.write(found.toJson()));
    }

    private static byte[] page(List<AuditEntry> entries, int most) {
        var json = new LinkedHashMap<String, Object>();
        json.put("entries", entries.stream().map(AuditEntry::toJson).toList());
        if (entries.size() == most) {
            json.put("next", entries.getLast().sequence());
        }
        return Json.write(json);
    }

    /// What cannot be in the log is refused, since PostgreSQL would not take it.
    private static @Nullable String filter(@Nullable String text) {
        if (text != null && text.indexOf('\0') >= 0) {
            throw ProblemException.badRequest("a filter must not hold the character 0");
        }
        return text;
    }

    private static long number(@Nullable String text, String name, long absent, long least, long most) {
        if (text == null) {
            return absent;
        }
        try {
            long number = Long.parseLong(text);
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException _) {
            // as below
        }
        throw ProblemException.badRequest(name + " must be a number from " + least + " to " + most);
    }
}
