package dev.behalf.authz.browser;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Page;
import com.microsoft.playwright.Route;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import dev.behalf.authz.Person;
import dev.behalf.authz.RunningAuthzServer;
import dev.behalf.authz.SnapshotOfProviders;
import dev.behalf.embedded.Ports;
import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.provider.ProviderFeed;
import dev.behalf.testkit.Chromium;
import dev.behalf.testkit.Eventually;
import dev.behalf.testkit.FakeOpenIdProvider;
import dev.behalf.testkit.TestPostgres;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// What people do, in a real browser, at a phone's width, light, and at a desk's, dark; axe finds nothing on
/// any page.
@Tag("browser")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PagesInChromiumTest {

    private final Chromium chromium = Chromium.startOrSkip();
    private final FakeOpenIdProvider provider = new FakeOpenIdProvider();
    private final SnapshotOfProviders registry = new SnapshotOfProviders();
    private final String url = "http://127.0.0.1:" + Ports.free();
    private final RunningAuthzServer server = start();
    private final DemoAgent agent = new DemoAgent(server, "Inbox Helper");

    private RunningAuthzServer start() {
        registry.set(
                SnapshotOfProviders.provider(provider.issuer(), provider.keys().jwksUri(), "email"));
        var settings = new HashMap<String, Object>();
        settings.put("micronaut.server.port", url.substring(url.lastIndexOf(':') + 1));
        settings.put("behalf.oauth.issuer", url);
        settings.put("behalf.providers.registry", registry.url());
        settings.put("behalf.providers.poll-every", "200ms");
        settings.put("behalf.kafka.bootstrap-servers", "127.0.0.1:9");
        settings.put("behalf.outbound.allow", provider.keys().hostAndPort());
        settings.put("behalf.authz.passwords.memory-kib", "7168");
        settings.put("behalf.authz.passwords.iterations", "1");
        settings.put("behalf.authz.sign-in.providers.corp.issuer", provider.issuer());
        settings.put("behalf.authz.sign-in.providers.corp.client-id", FakeOpenIdProvider.CLIENT);
        settings.put("behalf.authz.sign-in.providers.corp.client-secret", FakeOpenIdProvider.SECRET);
        settings.put("behalf.authz.sign-in.providers.corp.title", "Corp");
        return RunningAuthzServer.start(TestPostgres.shared().newDatabase(), settings);
    }

    @BeforeAll
    void people() {
        for (var name : List.of("alice", "bob", "carol", "dave", "erin")) {
            var _ = Person.account(server, name);
        }
        Eventually.holds(
                "the provider is known",
                () -> !server.bean(ProviderFeed.class).now().all().isEmpty());
    }

    @AfterAll
    void stop() {
        agent.close();
        server.close();
        registry.close();
        provider.close();
        chromium.close();
    }

    /// Without any script, which a context that refuses them shows.
    @Test
    void aPersonSignsInAllowsAnAgentSeesItAndStopsIt() {
        try (var context = chromium.context(false, "en-US")) {
            var page = context.newPage();
            page.navigate(url + agent.request("&scope=read"));
            signIn(page, "alice", "wrong words altogether");
            assertThat(page.getByRole(AriaRole.ALERT).textContent()).contains("is wrong");
            signIn(page, "alice", Person.PASSWORD);

            assertThat(page.locator("h1").textContent()).contains("Inbox Helper");
            assertThat(page.content()).contains("Nobody checked who this is").contains("on this very computer");
            button(page, "Allow").click();
            page.waitForURL(agent.callback() + "?**");
            assertThat(DemoAgent.answer(page.url()))
                    .containsEntry("state", "s1")
                    .containsEntry("iss", url)
                    .containsKey("code");

            page.navigate(url + "/account/agents");
            assertThat(page.content()).contains("Inbox Helper");
            button(page, "Stop").click();
            assertThat(page.content()).doesNotContain("Inbox Helper").contains("No agent acts for you.");

            page.navigate(url + "/logout");
            button(page, "Sign out").click();
            page.navigate(url + "/account");
            assertThat(page.url()).startsWith(url + "/login?");
        }
    }

    @Test
    void aPersonDeniesAndTheAgentIsTold() {
        try (var context = chromium.context(false, "en-US")) {
            var page = context.newPage();
            page.navigate(url + agent.request("&scope=read"));
            signIn(page, "bob", Person.PASSWORD);
            button(page, "Deny").click();
            page.waitForURL(agent.callback() + "?**");

            assertThat(DemoAgent.answer(page.url()))
                    .containsEntry("error", "access_denied")
                    .doesNotContainKey("code");
        }
    }

    @Test
    void aPersonSignsInThroughARegisteredProvider() {
        provider.user("zoe@corp.example");
        try (var context = chromium.context(false, "de-DE")) {
            var page = context.newPage();
            page.navigate(url + agent.request("&scope=read"));
            button(page, "Weiter mit Corp").click();
            page.waitForURL(url + "/oauth/authorize?**");

            assertThat(page.content()).contains("<html lang=\"de\">").contains("zoe@corp.example");
            button(page, "Erlauben").click();
            page.waitForURL(agent.callback() + "?**");
            assertThat(DemoAgent.answer(page.url())).containsKey("code");
        }
    }

    /// The way of agents that must not leave their own page: none of ours may part the window from its opener.
    @Test
    void anAgentMayOpenThePagesInAWindowOfTheirOwn() {
        try (var context = chromium.context(true, "en-US")) {
            var page = context.newPage();
            page.navigate(agent.url() + "#" + url + agent.request("&scope=read"));
            var popup = page.waitForPopup(() -> button(page, "Connect").click());
            signIn(popup, "carol", Person.PASSWORD);
            button(popup, "Allow").click();

            page.waitForFunction("document.getElementById('said').textContent.includes('connected')");
        }
    }

    /// Why the pages that lead to a client have no `form-action`: with one, the browser stops the client's
    /// answer.
    @Test
    void browsersApplyFormActionToWhereAnAnswerRedirects() {
        try (var context = chromium.context(true, "en-US")) {
            var page = context.newPage();
            page.navigate(url + agent.request("&scope=read"));
            signIn(page, "dave", Person.PASSWORD);
            page.route("**/oauth/authorize?**", PagesInChromiumTest::withFormAction);
            page.reload();
            var message = page.waitForConsoleMessage(() -> button(page, "Deny").click());

            assertThat(message.text()).contains("form-action");
            assertThat(page.url()).doesNotStartWith(agent.callback());
        }
    }

    @Test
    void axeFindsNothingOnAnyPage() {
        provider.user("yan@corp.example");
        try (var context = chromium.context(true, "en-US")) {
            var page = context.newPage();
            page.navigate(url + agent.request("&scope=read%20manage%20subscribe"));
            Chromium.inspect(page, "sign-in");
            signIn(page, "erin", "wrong words altogether");
            Chromium.inspect(page, "sign-in-wrong");
            signIn(page, "erin", Person.PASSWORD);
            Chromium.inspect(page, "consent");
            button(page, "Allow").click();
            page.waitForURL(agent.callback() + "?**");
            page.navigate(url + "/account");
            Chromium.inspect(page, "account");
            page.fill("#old", "not the present one");
            page.fill("#password", "quite another set of words");
            button(page, "Save the password").click();
            Chromium.inspect(page, "account-wrong");
            page.navigate(url + "/account/agents");
            Chromium.inspect(page, "agents");
            button(page, "Stop").click();
            Chromium.inspect(page, "agents-none");
            page.navigate(url + "/login?continue=/account&again=true");
            Chromium.inspect(page, "sign-in-again");
            page.navigate(url + "/logout");
            Chromium.inspect(page, "sign-out");
            button(page, "Sign out").click();
            Chromium.inspect(page, "signed-out");
            page.navigate(url + "/oauth/authorize?response_type=code&client_id=nobody");
            Chromium.inspect(page, "error");
            page.navigate(link());
            Chromium.inspect(page, "password");
        }
    }

    @Test
    void longWordsOfOtherLanguagesFitAPhone() {
        try (var context = chromium.context(true, "en-US")) {
            var page = context.newPage();
            for (var language : List.of("de", "fr", "es")) {
                context.clearCookies();
                page.navigate(url + agent.request("&scope=read&ui_locales=" + language));
                Chromium.inspect(page, "sign-in-" + language, 360, ColorScheme.DARK);
                page.fill("#username", "erin");
                page.fill("#password", Person.PASSWORD);
                page.locator("button[type=submit]").first().click();
                Chromium.inspect(page, "consent-" + language, 360, ColorScheme.DARK);
            }
        }
    }

    private String link() {
        var reply = server.postJson(
                "/api/v1/users", Json.text(Map.of("username", "frank")), server.internalToken("users:write"));
        return String.valueOf(Json.readObject(reply.body()).get("setPasswordUrl"));
    }

    private static void signIn(Page page, String username, String password) {
        page.fill("#username", username);
        page.fill("#password", password);
        button(page, "Sign in").click();
    }

    private static com.microsoft.playwright.Locator button(Page page, String name) {
        return page.getByRole(
                AriaRole.BUTTON, new Page.GetByRoleOptions().setName(name).setExact(true));
    }

    private static void withFormAction(Route route) {
        if (!route.request().method().equals("GET")) {
            route.resume();
            return;
        }
        var response = route.fetch();
        var headers = new HashMap<>(response.headers());
        headers.computeIfPresent("content-security-policy", (_, policy) -> policy + "; form-action 'self'");
        route.fulfill(new Route.FulfillOptions().setResponse(response).setHeaders(headers));
    }
}
