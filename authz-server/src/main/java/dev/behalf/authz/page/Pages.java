package dev.behalf.authz.page;

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
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/// Renders pages.
@Singleton
public final class Pages {

    private static final Logger log = LoggerFactory.getLogger(Pages.class);

    private final TemplateEngine templates = TemplateEngine.createPrecompiled(
            null, ContentType.Html, Pages.class.getClassLoader(), "dev.behalf.authz.page.template");
    private final Languages languages;
    private final String service;

    Pages(Languages languages, PageSettings settings) {
        this.languages = languages;
        this.service = settings.name();
    }

    /// The page, in the best of the languages that the request accepts (`ui_locales` of the query first).
    public MutableHttpResponse<byte[]> render(HttpRequest<?> request, HttpStatus status, View view) {
        var frame = new Frame(
                languages.texts(languages.of(request)),
                service,
                Assets.PATH + "/" + Asset.STYLE.name(),
                Assets.PATH + "/" + Asset.EMBLEM.name());
        var html = new Utf8ByteOutput();
        templates.render(template(view), Map.of("frame", frame, "view", view), html);
        // After signing in or consenting, a form leads to the client, and from the account to a provider: both are
        // anywhere. The client may have opened the pages of an authorization request in a window of its own.
        boolean leadsToClient = view instanceof SignInView || view instanceof ConsentView || view instanceof ErrorView;
        boolean leadsAway = leadsToClient || view instanceof AccountView;
        return PageHeaders.strict(
                        HttpResponse.<byte[]>status(status).body(html.toByteArray()), leadsAway, leadsToClient)
                .contentType("text/html; charset=utf-8")
                .header("Content-Language", frame.texts().language());
    }

    /// The answer, or a page that says why there is none. For pages only: people read no problem documents.
    public Mono<HttpResponse<byte[]>> orError(HttpRequest<?> request, Mono<HttpResponse<byte[]>> answer) {
        return answer.onErrorResume(fault -> Mono.fromSupplier(() -> failed(request, fault)));
    }

    private HttpResponse<byte[]> failed(HttpRequest<?> request, Throwable fault) {
        if (fault instanceof PageError refusal) {
            var page = render(request, refusal.status(), new ErrorView(refusal.key()));
            return refusal.retryAfterSeconds() > 0
                    ? page.header("Retry-After", Long.toString(refusal.retryAfterSeconds()))
                    : page;
        }
        if (fault instanceof ProblemException problem) {
            var status = HttpStatus.valueOf(problem.problem().status());
            var key = status == HttpStatus.SERVICE_UNAVAILABLE ? "error.unavailable" : "error.request";
            var page = render(request, status, new ErrorView(key));
            problem.headers().forEach(page::header);
            return page;
        }
        log.error("A page failed", fault);
        return render(request, HttpStatus.INTERNAL_SERVER_ERROR, new ErrorView("error.defect"));
    }

    private static String template(View view) {
        return switch (view) {
            case AccountView _ -> "account.jte";
            case AgentsView _ -> "agents.jte";
            case ConsentView _ -> "consent.jte";
            case ErrorView _ -> "error.jte";
            case NoticeView _ -> "notice.jte";
            case PasswordView _ -> "password.jte";
            case SignInView _ -> "sign-in.jte";
            case SignOutView _ -> "sign-out.jte";
        };
    }
}
