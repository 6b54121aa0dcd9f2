package dev.behalf.local;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import dev.behalf.kernel.json.Json;
import dev.behalf.testkit.Chromium;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The README's tour of connected accounts, in a real browser: Alice links the demo agent, connects her account at
/// the demo provider, lets the agent use it, sees that it did, and ends it all.
@Tag("browser")
final class ConnectedAccountTest {

    private static final String TOKEN = "/api/v1/connections/demo/token";

    @TempDir
    Path folder;

    @Test
    void alice_connects_an_account_lets_the_agent_use_it_sees_the_use_and_disconnects() {
        try (var chromium = Chromium.startOrSkip();
                var stack = RunningStack.up(folder.resolve("data"));
                var context = chromium.context(true, "en-US")) {
            var page = context.newPage();
            var agent = linked(stack, page);

            var asked = stack.manage(agent, "GET", TOKEN, null);
            assertThat(asked.status()).as(asked.body()).isEqualTo(403);
            page.navigate(String.valueOf(Json.readObject(asked.body()).get("authorization_url")));
            assertThat(title(page)).isEqualTo("Connect Demo accounts");
            button(page, "Go to Demo accounts").click();
            button(page, "Allow as alice").click();
            assertThat(title(page)).isEqualTo("May Demo agent use your account at Demo accounts?");
            button(page, "Allow").click();
            assertThat(page.content()).contains("You can go back to the agent");

            var given = stack.manage(agent, "GET", TOKEN + "?purpose=the%20tour", null);
            assertThat(given.status()).as(given.body()).isEqualTo(200);
            page.navigate(stack.url() + "/connections");
            assertThat(page.content())
                    .contains("You are signed in as alice@example.com.", "Demo agent was given the token")
                    .contains("the tour")
                    .doesNotContain(String.valueOf(Json.readObject(given.body()).get("access_token")));
            Chromium.inspect(page, "connections");

            page.getByRole(AriaRole.LINK, new Page.GetByRoleOptions().setName("Disconnect Demo accounts"))
                    .click();
            button(page, "Disconnect").click();
            assertThat(title(page)).isEqualTo("Demo accounts is disconnected");
            var gone = stack.manage(agent, "GET", TOKEN, null);
            assertThat(Json.readObject(gone.body())).containsEntry("status", "not_connected");

            page.navigate(stack.url() + "/connections");
            button(page, "Sign out").click();
            button(page, "Sign out").click();
            page.navigate(stack.url() + "/connections");
            assertThat(page.url()).startsWith(stack.url() + "/login?");
        }
    }

    /// The demo agent's token, once Alice has allowed the agent to act for her.
    private static String linked(RunningStack stack, Page page) {
        var link = Command.start(stack.data(), List.of("link", "--scope", "connections:use"));
        link.await("/oauth/authorize?");
        var url = Pattern.compile("http\\S+/oauth/authorize\\?\\S+").matcher(link.output());
        assertThat(url.find()).isTrue();
        page.navigate(url.group());
        page.fill("#username", "alice@example.com");
        page.fill("#password", Command.run(stack.data(), "user", "alice", "--password"));
        button(page, "Sign in").click();
        button(page, "Allow").click();
        page.waitForURL(Pattern.compile("http://127\\.0\\.0\\.1:\\d+/callback\\?.*"));
        assertThat(link.awaitEnd()).as(link.output()).isZero();
        return Command.run(stack.data(), "agent-token");
    }

    private static String title(Page page) {
        return page.locator("h1").textContent();
    }

    private static Locator button(Page page, String name) {
        return page.getByRole(
                AriaRole.BUTTON, new Page.GetByRoleOptions().setName(name).setExact(true));
    }
}
