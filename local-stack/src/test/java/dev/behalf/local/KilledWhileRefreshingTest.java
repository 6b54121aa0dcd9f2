package dev.behalf.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.secret.Secret;
import dev.behalf.kernel.secret.Sha256;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The authorization server is killed while agents renew what they hold.
final class KilledWhileRefreshingTest {

    private static final String REDIRECT = "http://127.0.0.1:1/callback";
    private static final Map<String, String> FORM = Map.of("Content-Type", "application/x-www-form-urlencoded");

    @TempDir
    Path folder;

    /// An agent that renews its token over and over, and shows the same again when no answer came.
    private static final class Renewing {
        private final RunningStack stack;
        private final String client;
        private final ConcurrentLinkedQueue<String> tokens = new ConcurrentLinkedQueue<>();
        private volatile String newest;

        Renewing(RunningStack stack, String client, String token) {
            this.stack = stack;
            this.client = client;
            this.newest = token;
            tokens.add(token);
        }

        /// @return the status of the answer; 0 for none
        int renew() {
            var answer = refresh(newest);
            if (answer.status() == 200) {
                newest = String.valueOf(Json.readObject(answer.body()).get("refresh_token"));
                tokens.add(newest);
            }
            return answer.status();
        }

        RunningStack.Answer refresh(String token) {
            return stack.send(
                    "POST",
                    "/oauth/token",
                    FORM,
                    "grant_type=refresh_token&client_id=" + client + "&refresh_token=" + token);
        }
    }

    @Test
    void no_token_that_was_given_out_is_lost_and_none_is_good_for_ever() throws Exception {
        try (var stack = RunningStack.up(folder.resolve("data"), "--processes")) {
            var agents = new ArrayList<Renewing>();
            for (int i = 0; i < 4; i++) {
                agents.add(link(stack));
            }
            var renewed = new AtomicInteger();
            var refused = new AtomicInteger();
            var enough = new AtomicBoolean();
            var threads = agents.stream()
                    .map(agent -> Thread.ofVirtual().start(() -> {
                        while (!enough.get()) {
                            switch (agent.renew()) {
                                case 200 -> renewed.incrementAndGet();
                                case 400, 401 -> refused.incrementAndGet();
                                default -> LockSupport.parkNanos(20_000_000); // away: the same token is shown again
                            }
                        }
                    }))
                    .toList();
            for (int kill = 0; kill < 2; kill++) {
                int before = renewed.get();
                Command.waitUntil("renewals before the kill", () -> renewed.get() >= before + 40);
                RunningStack.signal("KILL", stack.pid("authz-server"));
                int atKill = renewed.get();
                Command.waitUntil("renewals after the kill", () -> renewed.get() >= atKill + 40);
            }
            enough.set(true);
            for (var thread : threads) {
                thread.join();
            }

            assertThat(refused).hasValue(0);
            for (var agent : agents) {
                assertThat(agent.tokens).doesNotHaveDuplicates();
                assertThat(agent.renew()).isEqualTo(200);
                assertThat(agent.refresh(List.copyOf(agent.tokens).getFirst()).status())
                        .isEqualTo(400);
                assertThat(agent.renew()).isEqualTo(400); // somebody showed a token of long ago: all of them are dead
            }
        }
    }

    private static Renewing link(RunningStack stack) {
        var registered = stack.send(
                "POST",
                "/oauth/register",
                Map.of("Content-Type", "application/json"),
                Json.text(Map.of(
                        "redirect_uris", List.of(REDIRECT),
                        "token_endpoint_auth_method", "none",
                        "grant_types", List.of("authorization_code", "refresh_token"))));
        var client = String.valueOf(Json.readObject(registered.body()).get("client_id"));
        var verifier = Secret.random().reveal();
        var browser = new Browser()
                .open(stack.url() + "/oauth/authorize?response_type=code&client_id=" + client + "&redirect_uri="
                        + URLEncoder.encode(REDIRECT, StandardCharsets.UTF_8)
                        + "&code_challenge_method=S256&code_challenge="
                        + Base64.getUrlEncoder()
                                .withoutPadding()
                                .encodeToString(Sha256.of(verifier).bytes()));
        browser.submit(Map.of(
                "username",
                "alice@example.com",
                "password",
                DemoPeople.password(DataFolder.existing(stack.data()), "alice")));
        var back = browser.submitAndLeave(Map.of("decision", "allow")).getRawQuery();
        var code = Pattern.compile("code=([^&]*)").matcher(back);
        assertThat(code.find()).as(back).isTrue();
        var tokens = stack.send(
                "POST",
                "/oauth/token",
                FORM,
                "grant_type=authorization_code&client_id=" + client + "&code_verifier=" + verifier + "&code="
                        + URLDecoder.decode(code.group(1), StandardCharsets.UTF_8));
        assertThat(tokens.status()).as(tokens.body()).isEqualTo(200);
        return new Renewing(
                stack, client, String.valueOf(Json.readObject(tokens.body()).get("refresh_token")));
    }
}
