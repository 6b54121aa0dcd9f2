package dev.behalf.vault.removal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.testkit.Eventually;
import dev.behalf.testkit.TestPostgres;
import dev.behalf.vault.RotatingProvider;
import dev.behalf.vault.RunningVault;
import dev.behalf.vault.VaultProcess;
import dev.behalf.vault.VaultUser;
import dev.behalf.vault.crypto.FakeKeyService;
import dev.behalf.vault.crypto.transit.FakeTransit;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/// An operator takes a provider away at which users have connected accounts.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RemovalTest {

    private static final String DEMO = "/api/v1/providers/demo";

    private final RotatingProvider provider = RotatingProvider.start();
    private final FakeTransit keys = new FakeTransit();
    private RunningVault vault;
    private RunningVault other;

    @BeforeAll
    void start(@TempDir Path folder) throws IOException {
        var database = TestPostgres.shared().newDatabase();
        vault = RunningVault.start(database, settings(folder));
        other = RunningVault.start(database, settings(folder));
    }

    private Map<String, Object> settings(Path folder) throws IOException {
        var settings = new HashMap<String, Object>();
        settings.put("behalf.vault.connect.redirect-uris", RotatingProvider.REDIRECT);
        settings.put("behalf.outbound.allow", provider.hostAndPort());
        settings.put("behalf.vault.upstream.failures", 10_000);
        settings.put("behalf.vault.removal.batch", 2);
        settings.put("behalf.vault.removal.look-every", "100ms");
        settings.put("behalf.vault.removal.patience", "5m"); // callers' tokens live for ten
        settings.put("behalf.vault.keys.provider", "transit");
        settings.put("behalf.vault.keys.cache-entries", 0);
        settings.put("behalf.vault.keys.transit.url", keys.uri().toString());
        settings.put("behalf.vault.keys.transit.key", "behalf");
        settings.put(
                "behalf.vault.keys.transit.token-file",
                Files.writeString(folder.resolve("token"), FakeTransit.TOKEN).toString());
        settings.put("behalf.test.clock", true);
        return settings;
    }

    @BeforeEach
    void asItWas() {
        provider.failRevocations(false);
        var stored = vault.put(DEMO, provider.definition());
        assertThat(stored.statusCode()).as(stored.body()).isIn(200, 201);
    }

    @AfterAll
    void stop() {
        other.close();
        vault.close();
        keys.close();
        provider.close();
    }

    @Test
    void tokensAreEndedThereThenDestroyedHereThenTheProviderGoes() {
        var ids = new ArrayList<String>();
        for (int i = 0; i < 3; i++) {
            var user = new VaultUser();
            ids.add(user.connect(vault, provider, "first"));
            ids.add(user.connect(vault, provider, "second"));
        }
        var alive = provider.refreshTokens();
        assertThat(alive).hasSizeGreaterThanOrEqualTo(6);
        int before = provider.revoked().size();

        var begun = vault.delete(DEMO);
        assertThat(begun.statusCode()).as(begun.body()).isEqualTo(202);
        assertThat(begun.headers().firstValue("Location")).hasValue(DEMO);
        gone();

        assertThat(provider.revoked()).hasSize(before + 6).allMatch(token -> token.startsWith("refresh-token-secret"));
        assertThat(vault.texts("SELECT record FROM sealed_secret")).isEmpty();
        assertThat(vault.texts("SELECT name FROM provider_removal")).isEmpty();
        for (var id : ids) {
            assertThat(told(id)).containsExactly("connected", "revoked", "deleted");
        }
        recorded(vault, "connections ended: 6, at the provider too: 6");
        recorded(vault, "the provider is removed; there: revoked");
    }

    @Test
    void meanwhileNobodyConnectsOrGetsATokenAndItIsShownHowFarItIs() {
        var user = new VaultUser();
        user.allow(vault, user.connect(vault, provider, "octocat"));
        assertThat(user.status(vault)).isEqualTo("active");
        var begun = provider.approve(user.begin(vault), "second");
        provider.failRevocations(true);

        assertThat(vault.delete(DEMO).statusCode()).isEqualTo(202);

        for (var replica : List.of(vault, other)) {
            assertThat(user.ask(replica, "").statusCode()).isEqualTo(404);
            assertThat(replica.post(
                                    "/api/v1/connections/authorizations",
                                    Map.of("provider", "demo", "redirect_uri", RotatingProvider.REDIRECT),
                                    user.own())
                            .statusCode())
                    .isEqualTo(404);
            assertThat(replica.put(DEMO, provider.definition()).statusCode()).isEqualTo(409);
            Eventually.holds(
                    "it is said what it waits for",
                    () -> replica.get(DEMO).body().contains("\"obstacle\":\"the provider cannot do it now\""));
            assertThat(RunningVault.json(replica.get(DEMO)))
                    .extractingByKey("removal")
                    .asInstanceOf(org.assertj.core.api.InstanceOfAssertFactories.MAP)
                    .containsEntry("total", 1L)
                    .containsEntry("left", 1L)
                    .containsEntry("ended", 0L);
            assertThat(replica.delete(DEMO).statusCode()).isEqualTo(202);
        }
        assertThat(user.complete(vault, begun).statusCode()).isEqualTo(404);
        assertThat(user.connections(vault)).hasSize(1);

        provider.failRevocations(false);
        gone();
        assertThat(user.connections(vault)).isEmpty();
    }

    @Test
    void aUserWhoDisconnectsMeanwhileHasTheTokenEndedThereToo() {
        var user = new VaultUser();
        var id = user.connect(vault, provider, "octocat");
        keys.always(new FakeKeyService.Answer(503, Map.of("errors", List.of("Vault is sealed"))));
        assertThat(vault.delete(DEMO).statusCode()).isEqualTo(202);
        keys.always(null);

        var ended = vault.send(
                vault.request("/api/v1/connections/" + id, user.own()).DELETE());

        // either this request or the removal was first
        assertThat(ended.statusCode()).isIn(200, 404);
        assertThat(ended.body()).doesNotContain("not_supported", "failed");
        gone();
        assertThat(told(id)).contains("revoked").containsOnlyOnce("deleted");
    }

    @Test
    void aProviderThatStaysAwayKeepsNoTokenAliveForEver() {
        var user = new VaultUser();
        user.connect(vault, provider, "octocat");
        provider.failRevocations(true);
        vault.delete(DEMO);
        Eventually.holds("it waits", () -> vault.get(DEMO).body().contains("obstacle"));

        vault.clock().forward(Duration.ofMinutes(5));
        other.clock().forward(Duration.ofMinutes(5));

        gone();
        assertThat(vault.texts("SELECT record FROM sealed_secret")).isEmpty();
        recorded(vault, "connections ended: 1, at the provider too: 0");
    }

    @Test
    void whileTheKeysAreAwayNothingIsLost() {
        var user = new VaultUser();
        user.connect(vault, provider, "octocat");
        int before = provider.revoked().size();
        keys.always(new FakeKeyService.Answer(503, Map.of("errors", List.of("Vault is sealed"))));
        try {
            vault.delete(DEMO);
            Eventually.holds("it waits", () -> vault.get(DEMO).body().contains("obstacle"));
            assertThat(user.connections(vault)).hasSize(1);
        } finally {
            keys.always(null);
        }

        gone();
        assertThat(provider.revoked()).hasSize(before + 1);
    }

    @Test
    void tokensThatDoNotOpenAreDestroyedWithTheRest() {
        var id = new VaultUser().connect(vault, provider, "octocat");
        new VaultUser().connect(vault, provider, "octocat");
        vault.sql("UPDATE sealed_secret SET sealed = set_byte(sealed, length(sealed) - 1,"
                + " get_byte(sealed, length(sealed) - 1) # 1) WHERE record = 'connection/" + id + "'");

        vault.delete(DEMO);

        gone();
        assertThat(told(id)).containsExactly("connected", "deleted");
    }

    @Test
    void whatAKilledReplicaLeavesBehindAnotherEnds(@TempDir Path folder) throws Exception {
        var settings = new HashMap<>(settings(folder));
        settings.remove("behalf.test.clock");
        settings.put("behalf.vault.removal.lease", "3s");
        settings.put("behalf.vault.removal.parallel", 1);
        var database = TestPostgres.shared().newDatabase();
        try (var victim = VaultProcess.start(RunningVault.settings(database, settings), folder, "victim");
                var http = HttpClient.newHttpClient()) {
            var at = URI.create("http://127.0.0.1:" + victim.port() + DEMO);
            settings.put("behalf.vault.removal.look-every", "1s");
            try (var survivor = RunningVault.start(database, settings)) {
                assertThat(survivor.put(DEMO, provider.definition()).statusCode())
                        .isEqualTo(201);
                var user = new VaultUser();
                var ids = new ArrayList<String>();
                for (int i = 0; i < 12; i++) {
                    ids.add(user.connect(survivor, provider, "account-" + i));
                }
                int before = provider.revoked().size();
                provider.slowness(Duration.ofMillis(200));

                var begun = http.send(
                        HttpRequest.newBuilder(at)
                                .header("Authorization", RunningVault.operator(RunningVault.ALL_SCOPES))
                                .DELETE()
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
                assertThat(begun.statusCode()).as(begun.body()).isEqualTo(202);
                Eventually.holds("some are ended", () -> provider.revoked().size() >= before + 3);
                victim.kill();

                Eventually.holds(
                        "the provider is gone", () -> survivor.get(DEMO).statusCode() == 404);
                assertThat(provider.revoked()).hasSize(before + 12);
                assertThat(survivor.texts("SELECT record FROM sealed_secret")).isEmpty();
                for (var id : ids) {
                    assertThat(told(survivor, id)).containsExactly("connected", "revoked", "deleted");
                }
                recorded(survivor, "connections ended: 12, at the provider too: 12");
            }
        } finally {
            provider.slowness(Duration.ZERO);
        }
    }

    private void gone() {
        Eventually.holds(
                "the provider is gone",
                () -> vault.get(DEMO).statusCode() == 404 && other.get(DEMO).statusCode() == 404);
    }

    /// That it is done is recorded after it is.
    private static void recorded(RunningVault vault, String detail) {
        Eventually.holds(
                detail, () -> vault.get("/api/v1/audit?limit=1000").body().contains(detail));
    }

    private List<String> told(String id) {
        return told(vault, id);
    }

    private static List<String> told(RunningVault vault, String id) {
        return vault.texts(
                "SELECT split_part(type, '.', 4) FROM outbox WHERE aggregateid = '" + id + "' ORDER BY revision");
    }
}
