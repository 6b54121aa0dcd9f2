package dev.behalf.vault.people;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import dev.behalf.testkit.Chromium;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/// What people do, in a real browser, at a phone's width, light, and at a desk's, dark; axe finds nothing on
/// any page.
@Tag("browser")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PagesInChromiumTest {

    private final Chromium chromium = Chromium.startOrSkip();
    private VaultSite site;

    @BeforeAll
    void start(@TempDir Path folder) {
        site = VaultSite.start(folder, Map.of());
        site.signIn().client("self-made", "Nightly Report Writer", "registered");
    }

    @AfterAll
    void stop() {
        site.close();
        chromium.close();
    }

    /// Without any script, which a context that refuses them shows.
    @Test
    void aPersonConnectsAllowsSeesAndDisconnects() {
        site.signIn().next("user-1", "alice");
        try (var context = chromium.context(false, "en-US")) {
            var page = context.newPage();
            page.navigate(site.authorizationUrl("user-1", "?scopes=repo"));
            assertThat(page.locator("h1").textContent()).isEqualTo("Connect Demo");
            button(page, "Go to Demo").click();
            assertThat(page.locator("h1").textContent()).isEqualTo("May Inbox Helper use your account at Demo?");
            button(page, "Allow").click();
            assertThat(page.content()).contains("You can go back to the agent");
            assertThat(site.ask("user-1", "?scopes=repo&purpose=to%20look").statusCode())
                    .isEqualTo(200);

            page.navigate(site.url() + "/connections");
            assertThat(page.content()).contains("Inbox Helper was given the token", "to look");
            link(page, "Disconnect Demo").click();
            button(page, "Disconnect").click();
            assertThat(page.locator("h1").textContent()).isEqualTo("Demo is disconnected");
            assertThat(site.status("user-1")).isEqualTo("not_connected");
            link(page, "Your connected accounts").click();
            button(page, "Sign out").click();
            assertThat(page.url()).isEqualTo(site.url() + "/logout");
        }
    }

    @Test
    void axeFindsNothingOnAnyPage() {
        site.signIn().next("user-2", "bob@example.com");
        try (var context = chromium.context(true, "en-US")) {
            var page = context.newPage();
            walk(page);
        }
    }

    private void walk(Page page) {
        page.navigate(site.url() + "/connections");
        Chromium.inspect(page, "overview-none");
        page.navigate(site.url() + "/connections/connect/demo?agent=self-made&scopes=repo");
        Chromium.inspect(page, "connect-for-agent");
        button(page, "Go to Demo").click();
        Chromium.inspect(page, "allow");
        button(page, "Allow").click();
        Chromium.inspect(page, "allowed");
        page.navigate(site.url() + "/connections/connect/checked");
        Chromium.inspect(page, "key-checked");
        page.fill("#key", "not-one-of-theirs");
        button(page, "Keep the key").click();
        Chromium.inspect(page, "key-refused");
        page.navigate(site.url() + "/connections/connect/keys");
        Chromium.inspect(page, "key");
        page.fill("#key", "k-1");
        page.fill("#account", "The one for work");
        button(page, "Keep the key").click();
        second(page);
        page.navigate(site.authorizationUrl("user-2", "?scopes=openid"));
        Chromium.inspect(page, "allow-which");
        button(page, "No").click();
        Chromium.inspect(page, "denied");
        site.vault.sql("UPDATE connection SET obstacle = 'refused' WHERE account = 'second'");
        site.vault.sql("UPDATE connection SET refreshable = false, expires_at = now() WHERE account = 'third'");
        page.navigate(site.url() + "/connections");
        Chromium.inspect(page, "overview");
        link(page, "Change Nightly Report Writer").click();
        Chromium.inspect(page, "allow-before");
        page.navigate(site.url() + "/connections");
        page.locator("a[href$='/disconnect']").first().click();
        Chromium.inspect(page, "disconnect");
        button(page, "Disconnect").click();
        Chromium.inspect(page, "disconnected");
        page.navigate(site.url() + "/connections/connect/no-such");
        Chromium.inspect(page, "no-provider");
        page.navigate(site.url() + "/connections/callback?state=x");
        Chromium.inspect(page, "error-state");
        for (var language : List.of("de", "fr", "es")) {
            page.navigate(site.url() + "/connections?ui_locales=" + language);
            Chromium.inspect(page, "overview-" + language, 360, ColorScheme.DARK);
            page.navigate(site.url() + "/connections/connect/demo?agent=self-made&ui_locales=" + language);
            Chromium.inspect(page, "allow-" + language, 360, ColorScheme.DARK);
        }
    }

    /// Two more accounts.
    private void second(Page page) {
        for (var account : List.of("second", "third")) {
            site.provider.visitor(account, "Maximiliane von Hohenstein-Weissenburg");
            page.navigate(site.url() + "/connections/connect/demo");
            button(page, "Go to Demo").click();
        }
        site.provider.visitor("octocat", "A. Person");
    }

    private static Locator button(Page page, String name) {
        return page.getByRole(
                AriaRole.BUTTON, new Page.GetByRoleOptions().setName(name).setExact(true));
    }

    private static Locator link(Page page, String name) {
        return page.getByRole(
                        AriaRole.LINK, new Page.GetByRoleOptions().setName(name).setExact(true))
                .first();
    }
}
