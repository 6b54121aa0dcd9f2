package dev.behalf.vault.upstream;

import dev.behalf.kernel.outbound.HttpCallFailed;
import dev.behalf.kernel.outbound.HttpReply;
import dev.behalf.kernel.secret.Secret;
import dev.behalf.vault.provider.AccountSource;
import dev.behalf.vault.provider.AccountSource.Field;
import dev.behalf.vault.provider.Provider;
import jakarta.inject.Singleton;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// The requests that find out whose account a token is for.
@Singleton
final class AccountCalls {

    private static final int MAX_TEXT = 300;
    private static final int MAX_URL = 2_000;

    private final ProviderCaller caller;

    AccountCalls(ProviderCaller caller) {
        this.caller = caller;
    }

    Mono<AccountInfo> find(Provider provider, Secret token) {
        var source = provider.account();
        if (source == null) {
            return Mono.error(() -> new UpstreamFailed(
                    UpstreamFailed.Kind.NOT_SUPPORTED, "the provider does not tell whose account a token is for"));
        }
        var headers = new LinkedHashMap<String, String>();
        headers.put("Accept", "application/json");
        headers.putAll(source.headers());
        headers.put(provider.credential().name(), provider.credential().value(token));
        return Mono.defer(() -> {
            var found = new EnumMap<Field, String>(Field.class);
            return Flux.fromIterable(source.requests())
                    .concatMap(request -> ask(source, request, headers, found))
                    .then(Mono.fromSupplier(() -> account(source, found)));
        });
    }

    private Mono<Void> ask(
            AccountSource source,
            AccountSource.Request request,
            Map<String, String> headers,
            Map<Field, String> found) {
        var url = request.url().fill(Map.of("id", found.getOrDefault(Field.ID, "")));
        return caller.get(url, headers)
                .onErrorMap(
                        HttpCallFailed.class,
                        fault ->
                                new UpstreamFailed(UpstreamFailed.Kind.UNAVAILABLE, String.valueOf(fault.getMessage())))
                .doOnNext(reply -> {
                    var json = read(source, reply);
                    request.fields().forEach((field, path) -> {
                        var text = path.text(json);
                        if (text != null) {
                            found.putIfAbsent(field, text);
                        }
                    });
                })
                .onErrorResume(UpstreamFailed.class, fault -> request.optional() ? Mono.empty() : Mono.error(fault))
                .then();
    }

    private static Object read(AccountSource source, HttpReply reply) {
        int status = reply.status();
        if (status == 401) {
            throw tokenRefused();
        }
        if (status == 403
                && !reply.headers().contains("Retry-After")
                && !"0".equals(reply.headers().get("X-RateLimit-Remaining"))) {
            throw new UpstreamFailed(UpstreamFailed.Kind.FORBIDDEN, "the token may not read the account");
        }
        if (status != 200) {
            throw new UpstreamFailed(UpstreamFailed.Kind.UNAVAILABLE, "the provider does not tell now");
        }
        var json = ProviderCaller.json(reply);
        if (json == null) {
            throw new UpstreamFailed(UpstreamFailed.Kind.UNAVAILABLE, "the answer is no JSON");
        }
        var error = source.errorAt() == null ? null : source.errorAt().text(json);
        if (error != null) {
            throw source.tokenErrors().contains(error)
                    ? tokenRefused()
                    : new UpstreamFailed(UpstreamFailed.Kind.UNAVAILABLE, "the provider answered with an error");
        }
        return json;
    }

    private static UpstreamFailed tokenRefused() {
        return new UpstreamFailed(UpstreamFailed.Kind.TOKEN_REFUSED, "the provider does not accept the token");
    }

    private static AccountInfo account(AccountSource source, Map<Field, String> found) {
        var id = found.get(Field.ID);
        if (id == null || id.length() > MAX_TEXT || !id.equals(clean(id))) {
            throw new UpstreamFailed(UpstreamFailed.Kind.UNAVAILABLE, "the answer names no account");
        }
        var username = clean(found.get(Field.USERNAME));
        var profile = webUrl(found.get(Field.PROFILE_URL));
        if (profile == null && source.profileTemplate() != null) {
            profile = profile(source, id, username);
        }
        return new AccountInfo(
                id,
                username,
                clean(found.get(Field.NAME)),
                clean(found.get(Field.EMAIL)),
                webUrl(found.get(Field.AVATAR_URL)),
                profile);
    }

    private static @Nullable String profile(AccountSource source, String id, @Nullable String username) {
        var template = source.profileTemplate();
        if (template == null || (username == null && template.text().contains("{username}"))) {
            return null;
        }
        var values = new LinkedHashMap<String, String>();
        values.put("id", id);
        values.put("username", username == null ? "" : username);
        return webUrl(template.fill(values).toString());
    }

    private static @Nullable String clean(@Nullable String text) {
        if (text == null) {
            return null;
        }
        var clean = new StringBuilder();
        text.codePoints()
                .filter(c -> !Character.isISOControl(c)
                        && Character.getType(c) != Character.FORMAT
                        && Character.getType(c) != Character.SURROGATE)
                .limit(MAX_TEXT)
                .forEach(clean::appendCodePoint);
        var stripped = clean.toString().strip();
        return stripped.isEmpty() ? null : stripped;
    }

    /// An https URL, or null: it becomes a link or a picture on a page of ours.
    private static @Nullable String webUrl(@Nullable String text) {
        if (text == null || text.length() > MAX_URL) {
            return null;
        }
        try {
            var url = new URI(text);
            boolean web = "https".equals(String.valueOf(url.getScheme()).toLowerCase(Locale.ROOT));
            return web && url.getHost() != null && url.getRawUserInfo() == null ? url.toString() : null;
        } catch (URISyntaxException e) {
            return null;
        }
    }
}
