package dev.behalf.vault.page;

import dev.behalf.kernel.page.Asset;
import dev.behalf.kernel.page.Languages;
import dev.behalf.kernel.page.PageHeaders;
import dev.behalf.kernel.problem.ProblemException;
import gg.jte.ContentType;
import gg.jte.TemplateEngine;
import gg.jte.output.Utf8ByteOutput;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MutableHttpResponse;
import jakarta.inject.Singleton;
import java.net.URI;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/// Renders pages.
@Singleton
public final class Pages {

    private static final Logger log = LoggerFactory.getLogger(Pages.class);

    private final TemplateEngine templates = TemplateEngine.createPrecompiled(
            null, ContentType.Html, Pages.class.getClassLoader(), "dev.behalf.vault.page.template");
    private final Languages languages;
    private final String service;

    Pages(Languages languages, PageSettings settings) {
        this.languages = languages;
        this.service = settings.name();
    }

    /// The page, in the best of the languages that the request accepts.
    public MutableHttpResponse<byte[]> render(HttpRequest<?> request, HttpStatus status, View view) {
        var frame = new Frame(
                languages.texts(languages.of(request)),
                service,
                Assets.PATH + "/" + Asset.STYLE.name(),
                Assets.PATH + "/" + Asset.EMBLEM.name());
        var html = new Utf8ByteOutput();
        templates.render(template(view), Map.of("frame", frame, "view", view), html);
        // The answer to this form redirects to the provider, which is anywhere. Agents open these pages in a window
        // of their own, and wait for nothing from it.
        boolean leadsAway = view instanceof ConnectView;
        return PageHeaders.strict(HttpResponse.<byte[]>status(status).body(html.toByteArray()), leadsAway, false)
                .contentType("text/html; charset=utf-8")
                .header("Content-Language", frame.texts().language());
    }

    /// On to one of our own pages.
    public static MutableHttpResponse<byte[]> goTo(String page) {
        return goTo(URI.create(page));
    }

    /// On to another site.
    public static MutableHttpResponse<byte[]> goTo(URI location) {
        return PageHeaders.discreet(HttpResponse.<byte[]>seeOther(location));
    }

    /// The answer, or a page that says why there is none. For pages only: people read no problem documents.
    public Mono<HttpResponse<byte[]>> orError(HttpRequest<?> request, Mono<HttpResponse<byte[]>> answer) {
        return answer.onErrorResume(fault -> Mono.fromSupplier(() -> failed(request, fault)));
    }

    private HttpResponse<byte[]> failed(HttpRequest<?> request, Throwable fault) {
        if (fault instanceof PageError refusal) {
            return error(request, refusal.status(), refusal.key(), refusal.next(), refusal.label());
        }
        if (fault instanceof ProblemException problem) {
            var status = HttpStatus.valueOf(problem.problem().status());
            var page = error(request, status, key(status), Site.CONNECTIONS, NoticeView.TO_CONNECTIONS);
            problem.headers().forEach(page::header);
            return page;
        }
        log.error("A page failed", fault);
        return error(
                request, HttpStatus.INTERNAL_SERVER_ERROR, "error.defect", Site.CONNECTIONS, NoticeView.TO_CONNECTIONS);
    }

    private MutableHttpResponse<byte[]> error(
            HttpRequest<?> request, HttpStatus status, String key, String next, String label) {
        return render(request, status, new NoticeView(key, List.of(), false, next, label));
    }

    private static String key(HttpStatus status) {
        return switch (status) {
            case NOT_FOUND -> "error.not-found";
            case SERVICE_UNAVAILABLE -> "error.unavailable";
            case TOO_MANY_REQUESTS -> "error.too-many";
            default -> "error.request";
        };
    }

    private static String template(View view) {
        return switch (view) {
            case AllowView _ -> "allow.jte";
            case ConnectView _ -> "connect.jte";
            case DisconnectAllView _ -> "disconnect-all.jte";
            case DisconnectView _ -> "disconnect.jte";
            case KeyView _ -> "key.jte";
            case NoticeView _ -> "notice.jte";
            case OverviewView _ -> "overview.jte";
        };
    }
}
