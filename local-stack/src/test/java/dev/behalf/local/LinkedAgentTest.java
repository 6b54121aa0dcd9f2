package dev.behalf.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The README's tour of linking: a demo agent gets itself linked to Alice through the public port, acts for her
/// at the gateway, and is stopped by her.
final class LinkedAgentTest {

    @TempDir
    Path folder;

    @Test
    void an_agent_is_linked_in_the_browser_acts_at_the_gateway_and_is_stopped_within_the_second() {
        try (var stack = RunningStack.up(folder.resolve("data"))) {
            var link = Command.start(stack.data(), List.of("link"));
            link.await("/oauth/authorize?");
            var url = Pattern.compile("http\\S+/oauth/authorize\\?\\S+").matcher(link.output());
            assertThat(url.find()).isTrue();
            var alice = new Browser().open(url.group());
            alice.submit(Map.of(
                    "username",
                    "alice@example.com",
                    "password",
                    Command.run(stack.data(), "user", "alice", "--password")));
            assertThat(alice.page()).contains("Demo agent", "127.0.0.1");

            alice.submit(Map.of("decision", "allow"));

            assertThat(alice.page()).isEqualTo("You can close this page.");
            assertThat(link.awaitEnd()).as(link.output()).isZero();
            assertThat(link.output()).contains("username: \"alice@example.com\"", "scope: \"read\"");

            var token = Command.run(stack.data(), "agent-token");
            var answer = stack.ask(token);
            assertThat(answer.status()).as(answer.body()).isEqualTo(200);
            assertThat(answer.user()).isEqualTo("alice@example.com");
            assertThat(answer.body()).doesNotContain(token);

            alice.open(stack.url() + "/account/agents").submit(Map.of());

            Command.waitUntil("the refusal", () -> stack.ask(token).status() == 401);
            assertThat(Command.run(stack.data(), "agent-token")).startsWith("behalf: ");
        }
    }
}
