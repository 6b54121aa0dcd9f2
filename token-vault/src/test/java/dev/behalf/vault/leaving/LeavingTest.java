package dev.behalf.vault.leaving;

import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.vault.RotatingProvider;
import dev.behalf.vault.RunningVault;
import dev.behalf.vault.VaultUser;
import dev.behalf.vault.crypto.FakeKeyService;
import dev.behalf.vault.crypto.transit.FakeTransit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// An operator has everything of a user ended. One request ends two connections here.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LeavingTest {

    private final RotatingProvider provider = RotatingProvider.start();
    private final FakeTransit keys = new FakeTransit();
    private RunningVault vault;

    @BeforeAll
    void start(@TempDir Path folder) throws IOException {
        var settings = new HashMap<>(provider.settings(folder));
        settings.put("behalf.vault.leaving.most", 2);
        settings.put("behalf.vault.keys.provider", "transit");
        settings.put("behalf.vault.keys.cache-entries", 0);
        settings.put("behalf.vault.keys.transit.url", keys.uri().toString());
        settings.put("behalf.vault.keys.transit.key", "behalf");
        settings.put(
                "behalf.vault.keys.transit.token-file",
                Files.writeString(folder.resolve("token"), FakeTransit.TOKEN).toString());
        vault = RunningVault.start(settings);
    }

    @AfterAll
    void stop() {
        vault.close();
        keys.close();
        provider.close();
    }

    @Test
    void everythingOfTheUserEndsAndNothingOfAnother() {
        var user = new VaultUser();
        var id = user.connect(vault, provider, "octocat");
        user.allow(vault, id);
        paste(user);
        var begun = provider.approve(user.begin(vault), "second");
        vault.sql("INSERT INTO session (digest, subject, username, begun_at, seen_at) VALUES" + " (sha256('"
                + user.name() + "'), '" + user.name() + "', 'u', now(), now())");
        var other = new VaultUser();
        other.allow(vault, other.connect(vault, provider, "octocat"));
        var before = provider.revoked();

        assertThat(end(user)).isEqualTo(counts(2, 1, 1, 0, 0));

        var revoked = new HashSet<>(provider.revoked());
        revoked.removeAll(before);
        assertThat(revoked).singleElement().asString().startsWith("refresh-token-secret");
        for (var table : Map.of(
                        "sealed_secret",
                        "owner",
                        "connection",
                        "owner",
                        "connect_request",
                        "owner",
                        "session",
                        "subject")
                .entrySet()) {
            assertThat(rows(table.getKey(), table.getValue(), user))
                    .as(table.getKey())
                    .isEmpty();
        }
        assertThat(vault.texts("SELECT agent FROM allowance WHERE connection = '" + id + "'"))
                .isEmpty();
        assertThat(user.complete(vault, begun).statusCode()).isEqualTo(400);
        assertThat(user.status(vault)).isEqualTo("not_connected");
        assertThat(other.status(vault)).isEqualTo("active");
        assertThat(rows("sealed_secret", "owner", other)).hasSize(1);
        assertThat(vault.texts("SELECT type FROM outbox WHERE aggregateid = '" + id + "' ORDER BY revision"))
                .containsExactly(
                        "dev.behalf.connection.connected.v1",
                        "dev.behalf.connection.deleted.v1",
                        "dev.behalf.connection.revoked.v1");
        assertThat(vault.get("/api/v1/audit?subject=" + user.name()).body())
                .contains("\"user.ended\"", "\"disconnected\"", "at the provider: revoked", "connections ended: 2")
                .doesNotContain("token-secret");
    }

    @Test
    void whatIsLeftOverIsEndedByAskingAgainAndToAskAgainDoesNoHarm() {
        var user = new VaultUser();
        for (int i = 0; i < 5; i++) {
            user.connect(vault, provider, "account-" + i);
        }

        assertThat(end(user)).isEqualTo(counts(2, 2, 0, 0, 3));
        assertThat(end(user)).isEqualTo(counts(2, 2, 0, 0, 1));
        assertThat(end(user)).isEqualTo(counts(1, 1, 0, 0, 0));
        assertThat(end(user)).isEqualTo(counts(0, 0, 0, 0, 0));
        assertThat(rows("sealed_secret", "owner", user)).isEmpty();
    }

    @Test
    void aProviderThatIsAwayKeepsNoTokenAlive() {
        var user = new VaultUser();
        user.connect(vault, provider, "octocat");
        provider.failRevocations(true);
        try {
            assertThat(end(user)).isEqualTo(counts(1, 0, 0, 1, 0));
        } finally {
            provider.failRevocations(false);
        }
        assertThat(rows("sealed_secret", "owner", user)).isEmpty();
    }

    @Test
    void whileTheKeysAreAwayNothingIsEndedAndNothingIsLost() {
        var user = new VaultUser();
        user.connect(vault, provider, "octocat");
        user.connect(vault, provider, "second");
        keys.always(new FakeKeyService.Answer(503, Map.of("errors", List.of("Vault is sealed"))));
        try {
            var away = vault.delete(path(user));
            assertThat(away.statusCode()).as(away.body()).isEqualTo(503);
            assertThat(away.headers().firstValue("Retry-After")).isPresent();
        } finally {
            keys.always(null);
        }
        assertThat(rows("connection", "owner", user)).hasSize(2);

        assertThat(end(user)).isEqualTo(counts(2, 2, 0, 0, 0));
    }

    @Test
    void tokensThatDoNotOpenAreDestroyedWithTheRest() {
        var user = new VaultUser();
        var id = user.connect(vault, provider, "octocat");
        user.connect(vault, provider, "second");
        vault.sql("UPDATE sealed_secret SET sealed = set_byte(sealed, length(sealed) - 1,"
                + " get_byte(sealed, length(sealed) - 1) # 1) WHERE record = 'connection/" + id + "'");

        assertThat(end(user)).isEqualTo(counts(2, 1, 0, 1, 0));
    }

    @ParameterizedTest
    @ValueSource(strings = {"vault-keys:write vault-providers:write audit:read users:write", "connections:manage", ""})
    void nobodyElseMay(String scopes) {
        var user = new VaultUser();
        user.connect(vault, provider, "octocat");

        assertThat(vault.send(vault.request(path(user), RunningVault.operator(scopes))
                                .DELETE())
                        .statusCode())
                .isEqualTo(403);
        assertThat(vault.send(vault.request(path(user), user.own()).DELETE()).statusCode())
                .isEqualTo(403);
        assertThat(rows("connection", "owner", user)).hasSize(1);
    }

    /// Secrets of providers are kept under a name that nobody may use as a user's.
    @Test
    void whoIsNoUserLosesNothing() {
        assertThat(vault.put("/api/v1/providers/github", Map.of("client", Map.of("id", "x", "secret", "s3cret")))
                        .statusCode())
                .isEqualTo(201);

        var ended = vault.delete("/api/v1/vault/users/provider%2Fgithub");

        assertThat(ended.statusCode()).isIn(200, 400, 404);
        assertThat(vault.texts("SELECT record FROM sealed_secret WHERE owner = 'provider/github'"))
                .hasSize(1);
    }

    private void paste(VaultUser user) {
        assertThat(vault.post(
                                "/api/v1/connections/keys",
                                Map.of("provider", "keys", "key", "pasted-token-secret"),
                                user.own())
                        .statusCode())
                .isEqualTo(201);
    }

    private static String path(VaultUser user) {
        return "/api/v1/vault/users/" + user.name();
    }

    private Map<String, @Nullable Object> end(VaultUser user) {
        var ended = vault.delete(path(user));
        assertThat(ended.statusCode()).as(ended.body()).isEqualTo(200);
        return RunningVault.json(ended);
    }

    private static Map<String, Object> counts(long ended, long revoked, long notSupported, long failed, long left) {
        return Map.of(
                "ended", ended, "revoked", revoked, "not_supported", notSupported, "failed", failed, "left", left);
    }

    private Set<String> rows(String table, String column, VaultUser user) {
        return Set.copyOf(
                vault.texts("SELECT t::text FROM " + table + " t WHERE " + column + " = '" + user.name() + "'"));
    }
}
