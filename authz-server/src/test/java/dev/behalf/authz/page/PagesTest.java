package dev.behalf.authz.page;

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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What is shown is shown as text, in every page and language.
class PagesTest {

    private static final String EVIL = "\"'><script>alert(1)</script><b x=y";
    private static final Instant NOON = Instant.parse("2030-01-01T12:00:00Z");

    private final Pages pages = new Pages(new Languages("authz-server"), new PageSettings(EVIL));

    static Stream<View> views() {
        return Stream.of(
                new SignInView(
                        EVIL, EVIL, EVIL, true, EVIL, List.of(new SignInView.Provider(EVIL, EVIL)), "sign-in.wrong"),
                new SignInView("/login", "x", "", false, null, List.of(), null),
                new PasswordView(EVIL, EVIL, EVIL, "password.short"),
                new SignOutView(EVIL, EVIL),
                new NoticeView("notice.signed-out", "/login", "notice.sign-in"),
                new ErrorView("error.unknown-client"),
                new ErrorView(EVIL),
                consent(EVIL, false, true),
                consent(null, true, false),
                new AgentsView(EVIL, EVIL, List.of(agent(EVIL, NOON), agent(null, null))),
                new AgentsView(EVIL, EVIL, List.of()),
                new AccountView(
                        EVIL,
                        EVIL,
                        EVIL,
                        EVIL,
                        true,
                        List.of(
                                new AccountView.Connected(EVIL, NOON, EVIL),
                                new AccountView.Connected(EVIL, NOON, null)),
                        List.of(new AccountView.Connectable(EVIL, EVIL)),
                        "account.password.wrong"));
    }

    @ParameterizedTest
    @MethodSource("views")
    void whatIsShownIsText(View view) {
        for (var language : Languages.ALL) {
            var request = new SimpleHttpRequest<>(HttpMethod.GET, "/", null);
            request.getParameters().add("ui_locales", language.toLanguageTag());
            var page = pages.render(request, HttpStatus.OK, view);
            var html = new String(page.body(), StandardCharsets.UTF_8);

            assertThat(html)
                    .contains("<html lang=\"" + language.getLanguage() + "\">")
                    .contains("</html>");
            assertThat(html).doesNotContain("<script").doesNotContain("><b x").doesNotContain("\"'>");
        }
    }

    private static ConsentView consent(@org.jspecify.annotations.Nullable String host, boolean self, boolean here) {
        return new ConsentView(
                EVIL,
                EVIL,
                EVIL,
                EVIL,
                host,
                self,
                EVIL,
                here,
                host,
                List.of(EVIL),
                List.of(
                        new ConsentView.ScopeChoice(EVIL, EVIL, EVIL, true, true),
                        new ConsentView.ScopeChoice(EVIL, EVIL, EVIL, false, false)),
                here ? List.of(Duration.ofDays(30)) : List.of(Duration.ofHours(1), Duration.ofDays(365)));
    }

    private static AgentsView.Agent agent(
            @org.jspecify.annotations.Nullable String host, @org.jspecify.annotations.Nullable Instant at) {
        return new AgentsView.Agent(
                EVIL,
                EVIL,
                host,
                true,
                List.of(EVIL),
                List.of(EVIL),
                NOON,
                at,
                at,
                at == null ? List.of() : List.of(EVIL));
    }
}
