package dev.behalf.vault.refresh;

import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.testkit.Eventually;
import dev.behalf.vault.RotatingProvider;
import dev.behalf.vault.RunningVault;
import dev.behalf.vault.VaultUser;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/// A provider that is down, at which many users have accounts whose tokens have just expired.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ProviderDownTest {

    private final RotatingProvider provider = RotatingProvider.start();
    private RunningVault vault;

    @BeforeAll
    void start(@TempDir Path folder) throws IOException {
        var settings = new HashMap<>(provider.settings(folder));
        settings.put("behalf.vault.refresh.retry-after", "500ms");
        settings.put("behalf.vault.upstream.pause", "500ms");
        vault = RunningVault.start(settings);
    }

    @AfterAll
    void stop() {
        vault.close();
        provider.close();
    }

    @Test
    void itIsNotAskedByEachOfThemAndServesAllOnceItIsBack() throws Exception {
        var users = new ArrayList<VaultUser>();
        for (int i = 0; i < 50; i++) {
            var user = new VaultUser();
            user.allow(vault, user.connect(vault, provider, "octocat"));
            users.add(user);
        }
        vault.clock().forward(Duration.ofSeconds(RotatingProvider.LIFETIME_SECONDS + 1));
        provider.slowness(Duration.ofSeconds(2)); // so that they are there at the same time
        provider.failWith(503, "server_error");
        int before = provider.asked();

        try (var callers = Executors.newVirtualThreadPerTaskExecutor()) {
            var tasks = new ArrayList<Callable<String>>();
            users.forEach(user -> tasks.add(() -> user.status(vault)));
            for (var status : callers.invokeAll(tasks)) {
                assertThat(status.get()).isEqualTo("provider_unavailable");
            }
        }
        assertThat(provider.asked() - before).isBetween(5, 5 + 16); // those that were on the way already, and no more

        provider.slowness(Duration.ZERO);
        provider.failWith(null, "");
        for (var user : users) {
            Eventually.holds("a token", () -> user.status(vault).equals("active"));
        }
        assertThat(provider.reuses()).isZero();
    }
}
