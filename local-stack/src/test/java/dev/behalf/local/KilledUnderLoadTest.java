package dev.behalf.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.secret.Secret;
import dev.behalf.kernel.secret.Sha256;
import java.io.UncheckedIOException;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The authorization server is killed while agents renew what they hold and others redeem codes.
final class KilledUnderLoadTest {

    private static final String REDIRECT = "http://127.0.0.1:1/callback";
    private static final Map<String, String> FORM = Map.of("Content-Type", "application/x-www-form-urlencoded");
    private static final Executor EACH_ITS_THREAD = work -> Thread.ofVirtual().start(work);

    @TempDir
    Path folder;

    /// An agent, and Alice's browser in which she allows it whatever it asks.
    private static final class Agent {
        private final RunningStack stack;
        private final String client;
        private final String verifier = Secret.random().reveal();
        private final Browser browser = new Browser();

        Agent(RunningStack stack) {
            this.stack = stack;
            var registered = stack.send(
                    "POST",
                    "/oauth/register",
                    Map.of("Content-Type", "application/json"),
                    Json.text(Map.of(
                            "redirect_uris", List.of(REDIRECT),
                            "token_endpoint_auth_method", "none",
                            "grant_types", List.of("authorization_code", "refresh_token"))));
            this.client = String.valueOf(Json.readObject(registered.body()).get("client_id"));
            browser.open(authorizationRequest())
                    .submit(Map.of(
                            "username",
                            "alice@example.com",
                            "password",
                            DemoPeople.password(DataFolder.existing(stack.data()), "alice")));
        }

        /// Alice allows it once more. Fails when there is no answer.
        String code() {
            var back = browser.open(authorizationRequest())
                    .submitAndLeave(Map.of("decision", "allow"))
                    .getRawQuery();
            var code = Pattern.compile("code=([^&]*)").matcher(back);
            assertThat(code.find()).as(back).isTrue();
            return URLDecoder.decode(code.group(1), StandardCharsets.UTF_8);
        }

        RunningStack.Answer redeem(String code) {
            return token("grant_type=authorization_code&code_verifier=" + verifier + "&code=" + code);
        }

        RunningStack.Answer refresh(String token) {
            return token("grant_type=refresh_token&refresh_token=" + token);
        }

        private RunningStack.Answer token(String form) {
            return stack.send("POST", "/oauth/token", FORM, form + "&client_id=" + client);
        }

        private String authorizationRequest() {
            return stack.url() + "/oauth/authorize?response_type=code&client_id=" + client + "&redirect_uri="
                    + URLEncoder.encode(REDIRECT, StandardCharsets.UTF_8)
                    + "&code_challenge_method=S256&code_challenge="
                    + Base64.getUrlEncoder()
                            .withoutPadding()
                            .encodeToString(Sha256.of(verifier).bytes());
        }
    }

    /// Renews its token over and over, and shows the same again when no answer came.
    private static final class Renewing {
        private final Agent agent;
        private final ConcurrentLinkedQueue<String> tokens = new ConcurrentLinkedQueue<>();
        private volatile String newest;

        Renewing(Agent agent) {
            this.agent = agent;
            this.newest = refreshToken(agent.redeem(agent.code()));
            tokens.add(newest);
        }

        /// @return the status of the answer; 0 for none
        int renew() {
            var answer = agent.refresh(newest);
            if (answer.status() == 200) {
                newest = refreshToken(answer);
                tokens.add(newest);
            }
            return answer.status();
        }
    }

    /// Redeems code after code, and shows each twice at the same moment, or else the same again as long as no
    /// answer comes.
    private static final class Redeeming {
        private final Agent agent;
        private final boolean twice;
        private final ConcurrentLinkedQueue<String> tokens = new ConcurrentLinkedQueue<>();
        private final ConcurrentLinkedQueue<String> codes = new ConcurrentLinkedQueue<>();
        private final AtomicInteger honouredAgain = new AtomicInteger();
        private final AtomicInteger refused = new AtomicInteger();

        Redeeming(Agent agent, boolean twice) {
            this.agent = agent;
            this.twice = twice;
        }

        void redeem() {
            var code = agent.code();
            if (twice) {
                var good = (int) IntStream.range(0, 2)
                        .mapToObj(_ -> CompletableFuture.supplyAsync(() -> agent.redeem(code), EACH_ITS_THREAD))
                        .toList()
                        .stream()
                        .filter(one -> one.join().status() == 200)
                        .count();
                honouredAgain.addAndGet(Math.max(0, good - 1));
            } else {
                show(code);
            }
            codes.add(code);
        }

        private void show(String code) {
            for (boolean first = true; ; first = false) {
                var answer = agent.redeem(code);
                switch (answer.status()) {
                    case 200 -> {
                        tokens.add(refreshToken(answer));
                        return;
                    }
                    case 400 -> { // it was redeemed, and the answer lost
                        refused.addAndGet(first ? 1 : 0);
                        return;
                    }
                    default -> LockSupport.parkNanos(20_000_000);
                }
            }
        }

        int redeemed() {
            return codes.size();
        }
    }

    @Test
    void no_token_is_lost_none_is_good_for_ever_and_no_code_is_honoured_twice() throws Exception {
        try (var stack = RunningStack.up(folder.resolve("data"), "--processes")) {
            var renewing = IntStream.range(0, 3)
                    .mapToObj(_ -> new Renewing(new Agent(stack)))
                    .toList();
            var redeeming = List.of(new Redeeming(new Agent(stack), true), new Redeeming(new Agent(stack), false));
            var renewed = new AtomicInteger();
            var refused = new AtomicInteger();
            var enough = new AtomicBoolean();
            var threads = new ArrayList<Thread>();
            renewing.forEach(agent -> threads.add(Thread.ofVirtual().start(() -> {
                while (!enough.get()) {
                    switch (agent.renew()) {
                        case 200 -> renewed.incrementAndGet();
                        case 400, 401 -> refused.incrementAndGet();
                        default -> LockSupport.parkNanos(20_000_000); // away: the same token is shown again
                    }
                }
            })));
            redeeming.forEach(agent -> threads.add(Thread.ofVirtual().start(() -> {
                while (!enough.get()) {
                    try {
                        agent.redeem();
                    } catch (AssertionError | UncheckedIOException e) {
                        // away: no page came
                    }
                    LockSupport.parkNanos(20_000_000); // each code costs four answers: the rest is for the others
                }
            })));
            for (int kill = 0; kill < 2; kill++) {
                awaitMore("before the kill", renewed, redeeming);
                RunningStack.signal("KILL", stack.pid("authz-server"));
                awaitMore("after the kill", renewed, redeeming);
            }
            enough.set(true);
            for (var thread : threads) {
                thread.join();
            }

            assertThat(refused).hasValue(0);
            for (var one : renewing) {
                assertThat(one.tokens).doesNotHaveDuplicates();
                assertThat(one.renew()).isEqualTo(200);
                assertThat(one.agent.refresh(List.copyOf(one.tokens).getFirst()).status())
                        .isEqualTo(400);
                assertThat(one.renew()).isEqualTo(400); // somebody showed a token of long ago: all of them are dead
            }
            for (var one : redeeming) {
                assertThat(one.refused).hasValue(0);
                assertThat(one.honouredAgain).hasValue(0);
                assertThat(newest(one.tokens))
                        .allSatisfy(token ->
                                assertThat(one.agent.refresh(token).status()).isEqualTo(200));
                assertThat(newest(one.codes))
                        .allSatisfy(code ->
                                assertThat(one.agent.redeem(code).status()).isEqualTo(400));
            }
        }
    }

    /// As many as are asked about in the end, so that it does not take long.
    private static List<String> newest(ConcurrentLinkedQueue<String> all) {
        var list = List.copyOf(all);
        return list.subList(Math.max(0, list.size() - 100), list.size());
    }

    private static void awaitMore(String when, AtomicInteger renewed, List<Redeeming> redeeming) {
        int before = renewed.get();
        var codesBefore = redeeming.stream().map(Redeeming::redeemed).toList();
        Command.waitUntil("renewals " + when, () -> renewed.get() >= before + 30);
        for (int i = 0; i < codesBefore.size(); i++) {
            var one = redeeming.get(i);
            int atLeast = codesBefore.get(i) + 5;
            Command.waitUntil("codes " + when, () -> one.redeemed() >= atLeast);
        }
    }

    private static String refreshToken(RunningStack.Answer answer) {
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        return String.valueOf(Json.readObject(answer.body()).get("refresh_token"));
    }
}
