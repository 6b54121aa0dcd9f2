package dev.behalf.vault.connect;

import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.testkit.Eventually;
import dev.behalf.vault.RotatingProvider;
import dev.behalf.vault.RunningVault;
import dev.behalf.vault.VaultUser;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A caller that leaves while its code is redeemed. The provider honours a code once: what it gave for it would
/// be gone.
class LeavingCallerTest {

    @Test
    void hasTheAccountAllTheSame(@TempDir Path folder) throws IOException {
        try (var provider = RotatingProvider.start();
                var vault = RunningVault.start(provider.settings(folder))) {
            var user = new VaultUser();
            var given = provider.approve(user.begin(vault), "octocat");
            var answer =
                    new Connecting.Answer(given.getOrDefault("state", ""), given.get("code"), given.get("iss"), null);
            provider.slowness(Duration.ofSeconds(1));

            var caller = vault.bean(Connecting.class)
                    .complete(user.name(), null, answer)
                    .subscribe();
            Eventually.holds("the code is at the provider", () -> provider.asked() > 0);
            assertThat(caller.isDisposed()).isFalse();
            caller.dispose();

            Eventually.holds("it is connected", () -> !user.connections(vault).isEmpty());
        }
    }
}
