package dev.behalf.vault.connect;

import dev.behalf.kernel.page.Form;
import dev.behalf.kernel.secret.Secret;
import dev.behalf.kernel.secret.Sha256;
import dev.behalf.vault.account.Lifetimes;
import dev.behalf.vault.account.OwnConnections;
import dev.behalf.vault.agent.Agents;
import dev.behalf.vault.allowance.Allowance;
import dev.behalf.vault.allowance.Allowances;
import dev.behalf.vault.connection.Connection;
import dev.behalf.vault.connection.Connections;
import dev.behalf.vault.page.AgentName;
import dev.behalf.vault.page.AllowView;
import dev.behalf.vault.page.ConnectView;
import dev.behalf.vault.page.KeyView;
import dev.behalf.vault.page.NoticeView;
import dev.behalf.vault.page.PageError;
import dev.behalf.vault.page.Pages;
import dev.behalf.vault.page.Site;
import dev.behalf.vault.provider.ApiKeyProvider;
import dev.behalf.vault.provider.Catalogue;
import dev.behalf.vault.provider.OAuthProvider;
import dev.behalf.vault.provider.Provider;
import dev.behalf.vault.session.Session;
import dev.behalf.vault.signin.SignIn;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// What is asked of a person next, until an account is connected and the agent that wants to use it may.
@Singleton
final class ConnectPages {

    private static final int LONGEST_KEY = 4096;
    private static final int LONGEST_ACCOUNT = 100;

    /// @param agent     null: none wants to use it
    /// @param good      the user's accounts that can do what is wanted
    /// @param connected null: the user has none, or none that was named
    private record Standing(
            Provider provider,
            @Nullable AgentName agent,
            List<Connection> good,
            @Nullable Connection connected) {}

    private final Catalogue catalogue;
    private final Connections connections;
    private final Allowances allowances;
    private final OwnConnections own;
    private final Agents agents;
    private final Connecting connecting;
    private final Pages pages;
    private final Clock clock;

    ConnectPages(
            Catalogue catalogue,
            Connections connections,
            Allowances allowances,
            OwnConnections own,
            Agents agents,
            Connecting connecting,
            Pages pages,
            Clock clock) {
        this.catalogue = catalogue;
        this.connections = connections;
        this.allowances = allowances;
        this.own = own;
        this.agents = agents;
        this.connecting = connecting;
        this.pages = pages;
        this.clock = clock;
    }

    /// What was not connected, on a page from which the user can try again.
    static PageError shown(ConnectFailed failed, String page) {
        var key = "error.connect."
                + failed.reason().name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
        var status = HttpStatus.valueOf(failed.problem().status());
        return failed.reason() == ConnectFailed.Reason.OTHER_ACCOUNT
                ? PageError.of(status, key)
                : PageError.of(status, key, page);
    }

    Mono<HttpResponse<byte[]>> show(HttpRequest<?> request, Session session, Wanted wanted) {
        return standing(session, wanted).flatMap(standing -> {
            var agent = standing.agent();
            if (agent == null || standing.good().isEmpty()) {
                return Mono.just(pages.render(request, HttpStatus.OK, toConnect(session, wanted, standing)));
            }
            return allowed(wanted, agent, standing)
                    .map(allowed -> allowed
                            ? pages.render(
                                    request,
                                    HttpStatus.OK,
                                    new NoticeView(
                                            "notice.allowed",
                                            List.of(
                                                    agent.name(),
                                                    standing.provider().displayName()),
                                            true,
                                            null,
                                            NoticeView.TO_CONNECTIONS))
                            : pages.render(request, HttpStatus.OK, toAllow(session, wanted, agent, standing)));
        });
    }

    Mono<HttpResponse<byte[]>> connect(HttpRequest<byte[]> request, Session session, Wanted wanted, Form form) {
        return standing(session, wanted).flatMap(standing -> switch (standing.provider()) {
            case OAuthProvider oauth -> begin(request, session, wanted, standing, oauth);
            case ApiKeyProvider keys -> paste(request, session, wanted, standing, keys, form);
        });
    }

    private Mono<HttpResponse<byte[]>> begin(
            HttpRequest<?> request, Session session, Wanted wanted, Standing standing, OAuthProvider provider) {
        var browser = SignIn.browser(request)
                .map(Secret::reveal)
                .map(Sha256::of)
                .orElseThrow(() -> PageError.of(HttpStatus.BAD_REQUEST, "error.connect.state", wanted.page()));
        var again = standing.connected();
        var page = standing.agent() == null ? Site.CONNECTIONS : wanted.page();
        return connecting
                .begin(
                        session.subject(),
                        provider.id().name(),
                        wanted.scopes(),
                        again == null ? null : again.id(),
                        new ConnectRequest.From(browser, page))
                .map(begun -> Pages.goTo(begun.authorizationUrl()));
    }

    private Mono<HttpResponse<byte[]>> paste(
            HttpRequest<?> request,
            Session session,
            Wanted wanted,
            Standing standing,
            ApiKeyProvider provider,
            Form form) {
        var key = form.field("key").strip();
        var account = form.field("account").strip();
        if (key.isEmpty()
                || key.length() > LONGEST_KEY
                || account.length() > LONGEST_ACCOUNT
                || !key.chars().allMatch(c -> c > ' ' && c < 0x7F)) {
            return Mono.just(
                    again(request, session, wanted, standing, HttpStatus.BAD_REQUEST, account, "key.malformed"));
        }
        return connecting
                .paste(session.subject(), provider.id().name(), Secret.of(key), account.isEmpty() ? "default" : account)
                .<HttpResponse<byte[]>>map(_ -> Pages.goTo(standing.agent() == null ? Site.CONNECTIONS : wanted.page()))
                .onErrorResume(
                        ConnectFailed.class,
                        failed -> Mono.just(again(
                                request,
                                session,
                                wanted,
                                standing,
                                HttpStatus.valueOf(failed.problem().status()),
                                account,
                                failed.reason() == ConnectFailed.Reason.UNAVAILABLE
                                        ? "key.not-checked"
                                        : "key.refused")));
    }

    private HttpResponse<byte[]> again(
            HttpRequest<?> request,
            Session session,
            Wanted wanted,
            Standing standing,
            HttpStatus status,
            String account,
            String error) {
        return pages.render(request, status, toPaste(session, wanted, standing, account, error));
    }

    Mono<HttpResponse<byte[]>> decide(HttpRequest<?> request, Session session, Wanted wanted, Form form) {
        return standing(session, wanted).flatMap(standing -> {
            var agent = standing.agent();
            if (agent == null) {
                throw PageError.of(HttpStatus.BAD_REQUEST, "error.request");
            }
            return switch (form.field("decision")) {
                case "allow" -> allow(wanted, agent, standing, form);
                case "deny" ->
                    Mono.just(pages.render(
                            request,
                            HttpStatus.OK,
                            new NoticeView(
                                    "notice.denied",
                                    List.of(agent.name(), standing.provider().displayName()),
                                    true,
                                    null,
                                    NoticeView.TO_CONNECTIONS)));
                default -> throw PageError.of(HttpStatus.BAD_REQUEST, "error.request");
            };
        });
    }

    /// Only what the page showed: when the account can do more by now, the person sees that first.
    private Mono<HttpResponse<byte[]>> allow(Wanted wanted, AgentName agent, Standing standing, Form form) {
        var now = clock.instant().truncatedTo(ChronoUnit.MICROS);
        var until = Lifetimes.until(form.field("lifetime"), now);
        var chosen = standing.good().stream()
                .filter(connection -> connection.id().toString().equals(form.field("connection")))
                .findFirst();
        if (chosen.isEmpty()
                || !account(chosen.get())
                        .text()
                        .equals(form.field(account(chosen.get()).field()))) {
            return Mono.just(Pages.goTo(wanted.page()));
        }
        return own.allow(
                        chosen.get(),
                        new Allowance(
                                chosen.get().id(),
                                agent.id(),
                                scopes(standing.provider(), wanted, chosen.get()),
                                now,
                                until))
                .then(Mono.fromSupplier(() -> Pages.goTo(wanted.page())));
    }

    private static @Nullable Set<String> scopes(Provider provider, Wanted wanted, Connection connection) {
        if (provider instanceof ApiKeyProvider) {
            return null; // what a key can do, nobody knows
        }
        var scopes = new LinkedHashSet<>(connection.scopes());
        scopes.addAll(wanted.scopes());
        return scopes;
    }

    private static AllowView.Account account(Connection connection) {
        return new AllowView.Account(
                connection.id().toString(),
                OwnConnections.title(connection),
                List.copyOf(new TreeSet<>(connection.scopes())));
    }

    private Mono<Standing> standing(Session session, Wanted wanted) {
        var provider = catalogue
                .find(wanted.provider())
                .switchIfEmpty(Mono.error(() -> PageError.of(HttpStatus.NOT_FOUND, "error.no-provider")));
        return Mono.zip(
                        provider,
                        agent(wanted),
                        connections
                                .ofOwner(session.subject())
                                .filter(connection -> connection
                                        .provider()
                                        .equals(wanted.provider().name()))
                                .filter(connection -> wanted.connection() == null
                                        || connection.id().equals(wanted.connection()))
                                .collectList())
                .map(found -> {
                    // What another provider of that name gave is as nothing
                    var all = found.getT3().stream()
                            .filter(connection -> connection.issuance().isBy(found.getT1()))
                            .toList();
                    if (wanted.connection() != null && all.isEmpty()) {
                        throw PageError.of(HttpStatus.NOT_FOUND, "error.no-connection");
                    }
                    var agent = found.getT2().orElse(null);
                    var good = all.stream()
                            .filter(connection -> canDo(found.getT1(), wanted, connection))
                            .toList();
                    // Of several accounts, none is meant more than another: the user may connect any.
                    boolean isMeant = wanted.connection() != null || (agent != null && all.size() == 1);
                    return new Standing(found.getT1(), agent, good, isMeant ? all.getFirst() : null);
                });
    }

    private Mono<Optional<AgentName>> agent(Wanted wanted) {
        return wanted.agent() == null
                ? Mono.just(Optional.empty())
                : agents.find(wanted.agent())
                        .map(Optional::of)
                        .switchIfEmpty(Mono.error(() -> PageError.of(HttpStatus.BAD_REQUEST, "error.no-agent")));
    }

    private boolean canDo(Provider provider, Wanted wanted, Connection connection) {
        boolean lives =
                connection.obstacle() == null && (connection.refreshable() || connection.isLiveAt(clock.instant()));
        return lives
                && switch (provider) {
                    case OAuthProvider oauth ->
                        oauth.scopes()
                                .missing(wanted.scopes(), connection.scopes())
                                .isEmpty();
                    case ApiKeyProvider _ -> true;
                };
    }

    private Mono<Boolean> allowed(Wanted wanted, AgentName agent, Standing standing) {
        return Flux.fromIterable(standing.good())
                .concatMap(connection -> allowances
                        .find(connection.id(), agent.id())
                        .filter(allowance -> allowance.covers(wanted.scopes(), connection.scopes(), clock.instant())))
                .hasElements();
    }

    private dev.behalf.vault.page.View toConnect(Session session, Wanted wanted, Standing standing) {
        return switch (standing.provider()) {
            case ApiKeyProvider _ -> toPaste(session, wanted, standing, "", null);
            case OAuthProvider oauth -> toConnect(session, wanted, standing, oauth);
        };
    }

    private static ConnectView toConnect(Session session, Wanted wanted, Standing standing, OAuthProvider provider) {
        var connected = standing.connected();
        var asked = new TreeSet<>(provider.scopes().standard());
        asked.addAll(wanted.scopes());
        if (connected != null) {
            asked.addAll(connected.scopes());
        }
        String why;
        if (connected == null) {
            why = "first";
        } else {
            why = provider.scopes().missing(wanted.scopes(), connected.scopes()).isEmpty() ? "again" : "more";
        }
        return new ConnectView(
                wanted.page(),
                session.csrf(),
                session.username(),
                provider.displayName(),
                provider.description(),
                why,
                standing.agent(),
                List.copyOf(asked),
                String.valueOf(provider.authorization().url().getAuthority()));
    }

    private static KeyView toPaste(
            Session session, Wanted wanted, Standing standing, String account, @Nullable String error) {
        var provider = standing.provider();
        return new KeyView(
                wanted.page(),
                session.csrf(),
                session.username(),
                provider.displayName(),
                provider.description(),
                standing.agent(),
                provider.account() != null,
                account,
                error);
    }

    private static AllowView toAllow(Session session, Wanted wanted, AgentName agent, Standing standing) {
        return new AllowView(
                wanted.decision(),
                session.csrf(),
                session.username(),
                standing.provider().displayName(),
                agent,
                standing.good().stream().map(ConnectPages::account).toList(),
                Lifetimes.ALL,
                null,
                null);
    }
}
