package dev.behalf.validator.verdict;

import dev.behalf.kernel.access.RequiresScope;
import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.oauth.Scope;
import dev.behalf.kernel.problem.ProblemException;
import dev.behalf.kernel.provider.ProviderFeed;
import dev.behalf.validator.judge.Judge;
import dev.behalf.validator.judge.Judgement;
import dev.behalf.validator.judge.Verdict;
import dev.behalf.validator.jwks.IssuerKeys;
import io.micronaut.http.annotation.Body;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Post;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// `/v1/verdicts`, `/v1/explanations` and the state of a provider's keys, for the gateway and the registry.
/// A verdict is an answer, whatever it says: 200, tagged with its `outcome`.
@Controller("/v1")
@RequiresScope(Scope.TOKENS_JUDGE)
final class VerdictController {

    private static final String JSON = "application/json";

    private final Judge judge;
    private final ProviderFeed feed;
    private final IssuerKeys keys;

    VerdictController(Judge judge, ProviderFeed feed, IssuerKeys keys) {
        this.judge = judge;
        this.feed = feed;
        this.keys = keys;
    }

    @Post(value = "/verdicts", produces = JSON)
    Mono<byte[]> verdict(@Body byte @Nullable [] body) {
        return Mono.fromSupplier(() -> Question.forVerdict(body))
                .flatMap(this::judge)
                .map(judgement -> Json.write(json(judgement.verdict())));
    }

    @Post(value = "/explanations", produces = JSON)
    Mono<byte[]> explanation(@Body byte @Nullable [] body) {
        return Mono.fromSupplier(() -> Question.forExplanation(body))
                .flatMap(this::judge)
                .map(judgement -> Json.write(explain(judgement)));
    }

    @Get(value = "/providers/{namespace}/{name}/keys", produces = JSON)
    byte[] keys(String namespace, String name) {
        var provider = feed.now().byKey(namespace + "/" + name);
        if (provider == null) {
            throw ProblemException.notFound("identity provider \"" + name + "\" not found");
        }
        return Json.write(keys.state(provider).toJson());
    }

    private Mono<Judgement> judge(Question question) {
        if (question.provider() != null) {
            return judge.judgeBy(question.token(), question.provider(), question.host());
        }
        return judge.judge(question.token(), String.valueOf(question.host()), question.resource());
    }

    private static Map<String, Object> json(Verdict verdict) {
        var json = new LinkedHashMap<String, Object>();
        switch (verdict) {
            case Verdict.Accepted yes -> {
                json.put("outcome", "accepted");
                json.put("userId", yes.userId());
                json.put("issuer", yes.issuer());
                json.put("provider", yes.provider());
                json.put("revision", yes.revision());
                json.put("expiresAt", yes.expiresAt().getEpochSecond());
            }
            case Verdict.Delegated yes -> {
                json.put("outcome", "accepted");
                json.put("userId", yes.userId());
                json.put("subject", yes.subject());
                json.put("issuer", yes.issuer());
                json.put("clientId", yes.clientId());
                json.put("scopes", yes.scopes().stream().sorted().toList());
                json.put("act", yes.act());
                if (yes.grant() != null) {
                    json.put("grant", yes.grant());
                }
                json.put("tokenId", yes.tokenId());
                json.put("issuedAt", yes.issuedAt());
                json.put("expiresAt", yes.expiresAt().getEpochSecond());
            }
            case Verdict.Refused no -> {
                json.put("outcome", "refused");
                json.put("status", no.forbidden() ? 403L : 401L);
                json.put("error", no.forbidden() ? "access_denied" : "invalid_token");
                json.put("detail", no.detail());
                if (no.provider() != null) {
                    json.put("provider", no.provider().key());
                    json.put("revision", no.provider().revision());
                }
                json.put("cacheFor", no.cacheFor().toSeconds());
            }
            case Verdict.Unavailable away -> {
                json.put("outcome", "unavailable");
                json.put("detail", away.detail());
                json.put("retryAfter", Math.max(1, away.retryAfter().toSeconds()));
            }
        }
        return json;
    }

    private static Map<String, Object> explain(Judgement judgement) {
        var verdict = json(judgement.verdict());
        var json = new LinkedHashMap<String, Object>();
        json.put("verdict", String.valueOf(verdict.get("outcome")));
        json.put(
                "steps",
                judgement.steps().stream()
                        .map(step -> {
                            var one = new LinkedHashMap<String, Object>();
                            one.put("check", step.check());
                            one.put("outcome", step.outcome().name().toLowerCase(Locale.ROOT));
                            one.put("detail", step.detail());
                            return one;
                        })
                        .toList());
        verdict.forEach((name, value) -> {
            if (!name.equals("outcome") && !name.equals("cacheFor")) {
                json.put(name, value);
            }
        });
        return json;
    }
}
