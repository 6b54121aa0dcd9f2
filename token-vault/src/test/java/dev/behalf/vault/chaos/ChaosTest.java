package dev.behalf.vault.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.testkit.Eventually;
import dev.behalf.testkit.TestPostgres;
import dev.behalf.vault.RotatingProvider;
import dev.behalf.vault.RunningVault;
import dev.behalf.vault.VaultProcess;
import dev.behalf.vault.VaultUser;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/// Three vaults on one database, two of them in processes that are killed, and a provider that takes each
/// refresh token once. Tokens live so briefly that they are refreshed all the time. Whatever happens: each
/// rotation is one refresh, stored once, and nobody shows a token again that was used.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ChaosTest {

    private static final int CALLERS = 50;

    private final RotatingProvider provider = RotatingProvider.start();
    private final HttpClient http = HttpClient.newHttpClient();
    private final List<VaultProcess> processes = new ArrayList<>();
    private final List<Integer> ports = new ArrayList<>();
    private RunningVault survivor;

    @BeforeAll
    void start(@TempDir Path folder) throws IOException {
        var database = TestPostgres.shared().newDatabase();
        var settings = new HashMap<>(provider.settings(folder));
        settings.remove("behalf.test.clock");
        settings.put("behalf.vault.upstream.answer-within", "6s");
        settings.put("behalf.vault.refresh.lease", "8s");
        settings.put("behalf.vault.refresh.retry-after", "200ms");
        survivor = RunningVault.start(database, settings); // first, since it migrates the database
        var whole = RunningVault.settings(database, settings);
        for (var name : List.of("one", "two")) {
            processes.add(VaultProcess.start(whole, folder, name));
        }
        processes.forEach(process -> ports.add(process.port()));
        ports.add(survivor.port());
        provider.lifetime(Duration.ofSeconds(2));
    }

    @AfterAll
    void stop() {
        processes.forEach(VaultProcess::close);
        survivor.close();
        provider.close();
        http.close();
    }

    @Test
    @Order(1)
    void fiftyCallersOfThreeReplicasOfWhomManyLeave() throws Exception {
        var user = connected();
        var statuses = new ConcurrentHashMap<Integer, AtomicInteger>();
        long end = System.nanoTime() + Duration.ofSeconds(8).toNanos();
        try (var callers = Executors.newVirtualThreadPerTaskExecutor()) {
            var tasks = new ArrayList<Callable<@Nullable Void>>();
            for (int i = 0; i < CALLERS; i++) {
                int port = ports.get(i % ports.size());
                boolean leaves = i % 5 == 0;
                tasks.add(() -> {
                    while (System.nanoTime() < end) {
                        provider.slowness(
                                Duration.ofMillis(ThreadLocalRandom.current().nextInt(300)));
                        int status = ask(user, port, leaves ? Duration.ofMillis(60) : Duration.ofSeconds(60));
                        statuses.computeIfAbsent(status, _ -> new AtomicInteger())
                                .incrementAndGet();
                    }
                    return null;
                });
            }
            for (var done : callers.invokeAll(tasks)) {
                done.get();
            }
        }
        provider.slowness(Duration.ZERO);

        assertThat(statuses).as(statuses.toString()).containsKey(200).doesNotContainKeys(403, 500);
        storedOnce(user);
    }

    @Test
    @Order(2)
    void aReplicaThatIsKilledBeforeTheProviderHasDoneAnythingLosesNothing() {
        var user = connected();
        expire();
        provider.hold();
        var left = http.sendAsync(request(user, ports.getFirst()), HttpResponse.BodyHandlers.discarding());
        Eventually.holds("the provider is asked", () -> provider.held() == 1);

        processes.getFirst().kill();
        provider.drop(); // what it was asked by the dead it never sees

        assertThat(ask(user, survivor.port(), Duration.ofSeconds(60))).isEqualTo(200); // once the lease has run out
        storedOnce(user);
        Eventually.holds("its caller is told", left::isCompletedExceptionally);
    }

    /// Nobody can know then what the provider gave; those that think of it let a token be used again until the
    /// new one is, and give the same again.
    @Test
    @Order(3)
    void aReplicaThatIsKilledBetweenTheAnswerAndTheCommitIsMadeGoodByAProviderWithGrace() {
        var user = connected();
        expire();
        provider.grace(true);
        provider.slowness(Duration.ofSeconds(4)); // from when it has done its work
        int before = provider.refreshes();
        var left = http.sendAsync(request(user, ports.get(1)), HttpResponse.BodyHandlers.discarding());
        Eventually.holds("the provider has rotated", () -> provider.refreshes() == before + 1);

        processes.get(1).kill();
        provider.slowness(Duration.ZERO);

        assertThat(ask(user, survivor.port(), Duration.ofSeconds(60))).isEqualTo(200);
        storedOnce(user);
        Eventually.holds("its caller is told", left::isCompletedExceptionally);
    }

    private VaultUser connected() {
        var user = new VaultUser();
        user.allow(survivor, user.connect(survivor, provider, "octocat"));
        provider.forgetCounts();
        return user;
    }

    /// Each refresh of the provider is one rotation here, and no token was shown again that was used.
    private void storedOnce(VaultUser user) {
        Eventually.holds("each refresh is stored once", () -> provider.refreshes() == rotations(user));
        assertThat(provider.refreshes()).isPositive();
        assertThat(provider.reuses()).as("refresh tokens shown again").isZero();
    }

    /// How often the user's tokens were replaced.
    private long rotations(VaultUser user) {
        return Long.parseLong(
                        survivor.texts("SELECT token_version::text FROM connection WHERE owner = '" + user.name() + "'")
                                .getFirst())
                - 1;
    }

    private void expire() {
        long end = System.nanoTime() + Duration.ofSeconds(2).plusMillis(200).toNanos();
        while (System.nanoTime() < end) {
            java.util.concurrent.locks.LockSupport.parkNanos(20_000_000);
        }
    }

    /// 0 for none that came in time, or at all.
    private int ask(VaultUser user, int port, Duration patience) {
        try {
            return http.send(
                            HttpRequest.newBuilder(request(user, port), (_, _) -> true)
                                    .timeout(patience)
                                    .build(),
                            HttpResponse.BodyHandlers.discarding())
                    .statusCode();
        } catch (IOException e) {
            return 0;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static HttpRequest request(VaultUser user, int port) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/api/v1/connections/demo/token"))
                .header("Authorization", RunningVault.agent(user.name(), VaultUser.AGENT, "connections:use"))
                .build();
    }
}
