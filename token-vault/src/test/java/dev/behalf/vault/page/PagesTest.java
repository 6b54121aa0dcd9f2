package dev.behalf.vault.page;

import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.kernel.page.Languages;
import io.micronaut.http.HttpMethod;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.simple.SimpleHttpRequest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What is shown is shown as text, on every page and in every language.
class PagesTest {

    private static final String EVIL = "\"'><script>alert(1)</script><b x=y";
    private static final Instant NOON = Instant.parse("2030-01-01T12:00:00Z");

    private final Pages pages = new Pages(new Languages("token-vault"), new PageSettings(EVIL));

    static Stream<View> views() {
        return Stream.of(
                new OverviewView(EVIL, EVIL, List.of(), List.of(), List.of()),
                new OverviewView(
                        EVIL,
                        EVIL,
                        Stream.of(OverviewView.Status.values())
                                .map(PagesTest::card)
                                .toList(),
                        List.of(new OverviewView.Offer(EVIL, EVIL, EVIL), new OverviewView.Offer(EVIL, null, EVIL)),
                        Stream.of("read", "injected", "refused", "connected", "disconnected", "allowed", "ended")
                                .map(what -> new OverviewView.Use(NOON, what, EVIL, EVIL, EVIL))
                                .toList()),
                new ConnectView(EVIL, EVIL, EVIL, EVIL, EVIL, "first", null, List.of(), EVIL),
                new ConnectView(EVIL, EVIL, EVIL, EVIL, EVIL, "again", agent(null), List.of(EVIL), EVIL),
                new ConnectView(EVIL, EVIL, EVIL, EVIL, null, "more", agent(EVIL), List.of(EVIL), EVIL),
                new KeyView(EVIL, EVIL, EVIL, EVIL, EVIL, null, true, EVIL, null),
                new KeyView(EVIL, EVIL, EVIL, EVIL, null, agent(EVIL), false, EVIL, "key.refused"),
                allow(List.of(new AllowView.Account(EVIL, EVIL, List.of())), null),
                allow(List.of(new AllowView.Account(EVIL, EVIL, List.of(EVIL))), NOON),
                allow(
                        List.of(
                                new AllowView.Account(EVIL, EVIL, List.of()),
                                new AllowView.Account("2", EVIL, List.of(EVIL, "openid"))),
                        null),
                new DisconnectView(EVIL, EVIL, EVIL, EVIL, EVIL, List.of(agent(EVIL)), true),
                new DisconnectView(EVIL, EVIL, EVIL, EVIL, EVIL, List.of(), false),
                new DisconnectAllView(EVIL, EVIL, List.of(EVIL, EVIL)),
                new NoticeView("notice.allowed", List.of(EVIL, EVIL), true, null, NoticeView.TO_CONNECTIONS),
                new NoticeView("error.request", List.of(), false, EVIL, "go.again"));
    }

    @ParameterizedTest
    @MethodSource("views")
    void whatIsShownIsText(View view) {
        for (var language : Languages.ALL) {
            var request = new SimpleHttpRequest<>(HttpMethod.GET, "/", null);
            request.header("Accept-Language", language.toLanguageTag());
            var html = new String(pages.render(request, HttpStatus.OK, view).body(), StandardCharsets.UTF_8);

            assertThat(html)
                    .contains("<html lang=\"" + language.getLanguage() + "\">")
                    .contains("</html>")
                    .doesNotContain("<script")
                    .doesNotContain("><b x")
                    .doesNotContain("\"'>");
        }
    }

    private static OverviewView.Card card(OverviewView.Status status) {
        boolean good = status == OverviewView.Status.CONNECTED;
        return new OverviewView.Card(
                EVIL,
                EVIL,
                EVIL,
                good ? null : EVIL,
                status,
                good ? null : NOON,
                good ? List.of() : List.of(EVIL),
                List.of(EVIL),
                NOON,
                good ? null : NOON,
                good ? null : agent(EVIL),
                List.of(
                        new OverviewView.Allowed(agent(EVIL), NOON, null, false, EVIL),
                        new OverviewView.Allowed(agent(null), NOON, NOON, good, EVIL)),
                good ? null : EVIL);
    }

    private static AllowView allow(List<AllowView.Account> accounts, @Nullable Instant since) {
        return new AllowView(
                EVIL,
                EVIL,
                EVIL,
                EVIL,
                agent(EVIL),
                accounts,
                List.of(Duration.ofDays(30), Duration.ofHours(1), Duration.ZERO),
                since,
                since);
    }

    private static AgentName agent(@Nullable String host) {
        return new AgentName(EVIL, EVIL, host, host == null);
    }
}
