package dev.behalf.vault.refresh;

import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.testkit.Eventually;
import dev.behalf.testkit.TestPostgres;
import dev.behalf.vault.RotatingProvider;
import dev.behalf.vault.RunningVault;
import dev.behalf.vault.VaultUser;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/// A provider that takes each refresh token once, and two replicas of the vault on one database.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RefreshTest {

    private final RotatingProvider provider = RotatingProvider.start();
    private RunningVault one;
    private RunningVault two;

    @BeforeAll
    void start(@TempDir Path folder) throws IOException {
        var database = TestPostgres.shared().newDatabase();
        var settings = new HashMap<>(provider.settings(folder));
        settings.put("behalf.vault.refresh.retry-after", "1s");
        one = RunningVault.start(database, settings);
        two = RunningVault.start(database, settings);
    }

    @AfterEach
    void asItWas() {
        provider.failWith(null, "");
        provider.slowness(Duration.ZERO);
    }

    @AfterAll
    void stop() {
        one.close();
        two.close();
        provider.close();
    }

    @Test
    void fiftyCallersOfTwoReplicasMakeOneRefreshAndAllGetItsToken() throws Exception {
        var user = connected();
        int before = provider.refreshes();
        int reuses = provider.reuses();
        provider.slowness(Duration.ofMillis(500));
        expire();

        var tokens = new ArrayList<Object>();
        try (var callers = Executors.newVirtualThreadPerTaskExecutor()) {
            var tasks = new ArrayList<Callable<HttpResponse<String>>>();
            for (int i = 0; i < 50; i++) {
                var vault = i % 2 == 0 ? one : two;
                tasks.add(() -> user.ask(vault, ""));
            }
            for (var answer : callers.invokeAll(tasks)) {
                assertThat(answer.get().statusCode()).as(answer.get().body()).isEqualTo(200);
                tokens.add(RunningVault.json(answer.get()).get("access_token"));
            }
        }
        assertThat(tokens.stream().distinct()).hasSize(1);
        assertThat(provider.refreshes() - before).isEqualTo(1);
        assertThat(provider.reuses()).isEqualTo(reuses);
    }

    @Test
    void aTokenThatIsAboutToExpireIsServedAndRefreshedMeanwhile() {
        var user = connected();
        int before = provider.refreshes();
        provider.slowness(Duration.ofMillis(300));
        forward(Duration.ofSeconds(RotatingProvider.LIFETIME_SECONDS - 30));

        var old = RunningVault.json(user.ask(one, "")).get("access_token");
        assertThat(old).isNotNull();
        Eventually.holds(
                "another token",
                () -> !String.valueOf(old)
                        .equals(RunningVault.json(user.ask(one, "")).get("access_token")));
        assertThat(provider.refreshes() - before).isEqualTo(1);
    }

    @Test
    void whoLeavesDoesNotStopARefresh() {
        var user = connected();
        int reuses = provider.reuses();
        provider.slowness(Duration.ofSeconds(1));
        expire();

        leaveEarly(user);
        provider.slowness(Duration.ZERO);
        assertThat(user.ask(two, "").statusCode()).isEqualTo(200);
        assertThat(provider.reuses()).isEqualTo(reuses);
    }

    @Test
    void aProviderThatIsAwayIsNobodysFault() {
        var user = connected();
        forward(Duration.ofSeconds(RotatingProvider.LIFETIME_SECONDS - 30));
        provider.failWith(503, "temporarily_unavailable");
        assertThat(user.ask(one, "").statusCode()).isEqualTo(200); // it is good for half a minute yet

        forward(Duration.ofSeconds(40));
        var away = user.ask(one, "");
        assertThat(away.statusCode()).isEqualTo(503);
        assertThat(away.headers().firstValue("Retry-After")).isPresent();
        assertThat(RunningVault.json(away)).containsEntry("status", "provider_unavailable");

        provider.failWith(null, "");
        Eventually.holds("a token", () -> user.ask(one, "").statusCode() == 200);
    }

    @Test
    void aRefreshTokenThatIsTakenBackNeedsTheUser() {
        var user = connected();
        provider.forgetRefreshTokens();
        expire();

        assertThat(user.status(one)).isEqualTo("needs_reconnect");
        assertThat(user.status(two)).isEqualTo("needs_reconnect");
        assertThat(user.connections(one))
                .singleElement()
                .satisfies(connection -> assertThat(connection).containsEntry("status", "needs_reconnect"));

        user.connect(one, provider, "octocat");
        assertThat(user.status(two)).isEqualTo("active");
    }

    @Test
    void aMistakeOfTheOperatorDisconnectsNobody() {
        var user = connected();
        expire();
        provider.failWith(401, "invalid_client");
        assertThat(user.status(one)).isEqualTo("provider_unavailable");

        provider.failWith(null, "");
        Eventually.holds("a token", () -> user.status(two).equals("active"));
    }

    private VaultUser connected() {
        var user = new VaultUser();
        user.allow(one, user.connect(one, provider, "octocat"));
        return user;
    }

    private void expire() {
        forward(Duration.ofSeconds(RotatingProvider.LIFETIME_SECONDS + 1));
    }

    private void forward(Duration by) {
        one.clock().forward(by);
        two.clock().forward(by);
    }

    private void leaveEarly(VaultUser user) {
        try (var http = HttpClient.newHttpClient()) {
            http.send(
                    one.request(
                                    "/api/v1/connections/demo/token",
                                    RunningVault.agent(user.name(), VaultUser.AGENT, "connections:use"))
                            .timeout(Duration.ofMillis(300))
                            .build(),
                    HttpResponse.BodyHandlers.discarding());
            throw new AssertionError("it was not slow");
        } catch (HttpTimeoutException e) {
            // as meant
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
