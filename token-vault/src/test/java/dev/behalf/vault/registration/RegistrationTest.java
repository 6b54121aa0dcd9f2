package dev.behalf.vault.registration;

import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.testkit.Eventually;
import dev.behalf.testkit.FakeRegistrationServer;
import dev.behalf.testkit.FakeRegistrationServer.Form;
import dev.behalf.testkit.TestPostgres;
import dev.behalf.vault.RotatingProvider;
import dev.behalf.vault.RunningVault;
import dev.behalf.vault.VaultUser;
import java.net.URI;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// The vault as a client that registers itself: two replicas, and a server that registers clients.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RegistrationTest {

    private static final String PROVIDERS = "/api/v1/providers/";
    private static final String AS = PROVIDERS + "as";
    private static final String REGISTRATION = AS + "/registration";

    private final FakeRegistrationServer server = new FakeRegistrationServer(Form.ROOT);
    private final Map<String, String> database = TestPostgres.shared().newDatabase();
    private final Map<String, Object> settings = Map.of(
            "behalf.vault.connect.redirect-uris",
            RotatingProvider.REDIRECT,
            "behalf.vault.registration.again-after",
            "1ms",
            "behalf.vault.refresh.retry-after",
            "500ms",
            "behalf.vault.upstream.failures",
            10_000,
            "behalf.outbound.allow",
            server.host(),
            "behalf.test.clock",
            true);
    private RunningVault one;
    private RunningVault two;

    @BeforeAll
    void start() {
        one = RunningVault.start(database, settings);
        two = RunningVault.start(database, settings);
    }

    @AfterEach
    void asItWas() {
        server.asItWas();
        one.delete(AS);
        Eventually.holds("the provider is gone", () -> one.get(AS).statusCode() == 404);
        assertThat(server.clients()).isEmpty(); // the last provider takes the client along
    }

    @AfterAll
    void stop() {
        one.close();
        two.close();
        server.close();
    }

    @Test
    void allProvidersOfAnIssuerShareOneClientWhoeverAddsThemWhereAtTheSameTime() throws Exception {
        server.slowness(Duration.ofSeconds(1));
        int before = server.arrived("POST", "/register").size();
        try (var operators = Executors.newVirtualThreadPerTaskExecutor()) {
            var tasks = new ArrayList<Callable<HttpResponse<String>>>();
            for (int i = 0; i < 10; i++) {
                var vault = i % 2 == 0 ? one : two;
                var name = "shared-" + i;
                tasks.add(() -> vault.put(PROVIDERS + name, discover(Map.of())));
            }
            for (var stored : operators.invokeAll(tasks)) {
                assertThat(stored.get().statusCode()).as(stored.get().body()).isEqualTo(201);
            }
        }
        assertThat(server.arrived("POST", "/register")).hasSize(before + 1);

        for (int i = 0; i < 9; i++) {
            one.delete(PROVIDERS + "shared-" + i);
        }
        assertThat(server.clients()).hasSize(1);
        one.delete(PROVIDERS + "shared-9");
        assertThat(server.clients()).isEmpty();
        assertThat(one.texts("SELECT owner FROM sealed_secret WHERE owner LIKE 'registration/%'"))
                .isEmpty();
    }

    @Test
    void itIsReadAndChangedAndItsSecretsAreNeverShown() {
        add(Map.of());
        var id = server.clients().iterator().next();
        assertThat(RunningVault.json(two.get(REGISTRATION)))
                .containsEntry("state", "registered")
                .containsEntry("issuer", server.issuer())
                .containsEntry("clientId", id)
                .containsEntry("clientAuthentication", "basic")
                .containsEntry("managed", true);

        var changed = one.put(REGISTRATION, Map.of("client_name", "Renamed"));
        assertThat(changed.statusCode()).as(changed.body()).isEqualTo(200);
        assertThat(server.client(id)).containsEntry("client_name", "Renamed").containsKey("redirect_uris");
        connected(new VaultUser(), two); // with the secret that the change brought

        var read = two.get(REGISTRATION + "?at=server");
        assertThat(read.body()).contains("Renamed");
        assertThat(one.put(REGISTRATION, Map.of("client_id", "x")).statusCode()).isEqualTo(400);
        assertThat(one.put(REGISTRATION, Map.of("redirect_uris", List.of("https://elsewhere.example")))
                        .statusCode())
                .isEqualTo(400);
        assertThat(one.get(REGISTRATION, RunningVault.operator("vault-keys:read"))
                        .statusCode())
                .isEqualTo(403);

        var seen = new ArrayList<String>(one.texts("SELECT t::text FROM client_registration t"));
        seen.addAll(one.texts("SELECT t::text FROM provider t"));
        seen.addAll(one.texts("SELECT t::text FROM sealed_secret t"));
        seen.addAll(List.of(
                changed.body(),
                read.body(),
                one.get(REGISTRATION).body(),
                one.get(AS).body(),
                one.get("/api/v1/providers").body(),
                one.get("/api/v1/audit?limit=1000").body()));
        assertThat(server.secrets()).hasSizeGreaterThan(3);
        for (var secret : server.secrets()) {
            assertThat(seen).noneMatch(text -> text.contains(secret));
        }
    }

    @Test
    void itIsDeletedAndMadeAnewByTheOperator() {
        add(Map.of());
        var before = server.clients();

        var deleted = two.send(two.request(REGISTRATION, RunningVault.operator(RunningVault.ALL_SCOPES))
                .DELETE());
        assertThat(RunningVault.json(deleted)).containsEntry("atServer", "deleted");
        assertThat(server.clients()).isEmpty();
        assertThat(RunningVault.json(one.get(REGISTRATION))).containsEntry("state", "none");
        var begun = begin(new VaultUser(), one);
        assertThat(begun.statusCode()).as(begun.body()).isEqualTo(503);
        assertThat(RunningVault.error(begun)).contains("an operator has deleted the registration");

        assertThat(one.post(REGISTRATION, Map.of()).statusCode()).isEqualTo(201);
        assertThat(server.clients()).hasSize(1).doesNotContainAnyElementsOf(before);
        connected(new VaultUser(), two);

        var first = server.clients();
        assertThat(one.post(REGISTRATION, Map.of()).statusCode()).isEqualTo(201);
        assertThat(server.clients()).hasSize(1).doesNotContainAnyElementsOf(first); // and the first is given up
    }

    @Test
    void aSecretThatExpiresIsRenewedWithoutLosingTheClient() {
        server.secretsExpireAt(seconds(Duration.ofMinutes(16)));
        add(Map.of());
        var before = server.clients();
        var user = new VaultUser();
        connected(user, one);

        server.secretsExpireAt(seconds(Duration.ofDays(30)));
        forward(Duration.ofMinutes(2));
        assertThat(RunningVault.json(one.get(REGISTRATION))).containsEntry("state", "expired");
        connected(new VaultUser(), two);

        assertThat(server.clients()).isEqualTo(before);
        assertThat(RunningVault.json(one.get(REGISTRATION))).containsEntry("state", "registered");
        assertThat(status(user, one)).isEqualTo("active"); // refreshed, as the same client
    }

    @Test
    void aSecretThatExpiresAndCannotBeRenewedMakesANewClient() {
        server.manages(false);
        server.secretsExpireAt(seconds(Duration.ofMinutes(16)));
        add(Map.of());
        var before = server.clients();

        server.secretsExpireAt(0);
        forward(Duration.ofMinutes(2));
        connected(new VaultUser(), one);

        assertThat(server.clients()).hasSize(2).containsAll(before);
        assertThat(RunningVault.json(two.get(REGISTRATION)))
                .containsEntry("state", "registered")
                .containsEntry("managed", false)
                .doesNotContainKey("clientSecretExpiresAt");
        server.forgetClients();
    }

    @Test
    void aClientThatTheServerHasForgottenIsRegisteredAnewAndNobodysRefreshTokenIsWasted() {
        add(Map.of());
        var user = new VaultUser();
        connected(user, one);
        server.forgetClients();
        forward(Duration.ofSeconds(91));

        assertThat(status(user, one)).isEqualTo("provider_unavailable"); // not the user's fault, as far as is known
        Eventually.holds("a new client", () -> server.clients().size() == 1);
        Eventually.holds("it is known", () -> "needs_reconnect".equals(status(user, two)));

        connected(user, two);
        assertThat(status(user, one)).isEqualTo("active");
    }

    @Test
    void anInitialAccessTokenIsUsedAndNotKept() {
        var token = "the-initial-access-token";
        server.wants(token);
        var refused = one.put(AS, discover(Map.of()));
        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(RunningVault.error(refused)).contains("invalid_token");

        add(Map.of("initialAccessToken", token));

        assertThat(one.get(AS).body()).doesNotContain(token);
        assertThat(one.texts("SELECT t::text FROM provider t")).noneMatch(text -> text.contains(token));
    }

    @Test
    void aPublicClientHasNoSecret() {
        server.says("token_endpoint_auth_methods_supported", List.of("none"));
        add(Map.of());

        connected(new VaultUser(), one);

        assertThat(RunningVault.json(one.get(REGISTRATION))).containsEntry("clientAuthentication", "none");
    }

    @Test
    void aReplicaThatNeverEndsItsRegistrationIsWaitedForNoLongerThanItsLease() {
        add(Map.of());
        one.sql("UPDATE client_registration SET lost = true, lease_until = 'infinity'");
        var hasty = new HashMap<>(settings);
        hasty.put("behalf.vault.registration.answer-within", "1s");
        hasty.put("behalf.vault.registration.lease", "2s");
        try (var three = RunningVault.start(database, hasty)) {
            var begun = begin(new VaultUser(), three);
            assertThat(begun.statusCode()).as(begun.body()).isEqualTo(503);
            assertThat(begun.headers().firstValue("Retry-After")).isPresent();
        }
        one.sql("UPDATE client_registration SET lost = false, lease_until = NULL");
    }

    private Map<String, Object> discover(Map<String, Object> more) {
        var discover = new HashMap<String, Object>(Map.of("issuer", server.issuer()));
        discover.putAll(more);
        return Map.of("discover", discover);
    }

    private void add(Map<String, Object> more) {
        var stored = one.put(AS, discover(more));
        assertThat(stored.statusCode()).as(stored.body()).isEqualTo(201);
    }

    private HttpResponse<String> begin(VaultUser user, RunningVault vault) {
        return vault.post(
                "/api/v1/connections/authorizations",
                Map.of("provider", "as", "redirect_uri", RotatingProvider.REDIRECT),
                user.own());
    }

    private void connected(VaultUser user, RunningVault vault) {
        var begun = begin(user, vault);
        assertThat(begun.statusCode()).as(begun.body()).isEqualTo(201);
        var url = URI.create(String.valueOf(RunningVault.json(begun).get("authorization_url")));
        var connected = user.complete(vault, server.approve(url));
        assertThat(connected.statusCode()).as(connected.body()).isEqualTo(201);
        user.allow(vault, String.valueOf(RunningVault.json(connected).get("id")));
    }

    private @Nullable Object status(VaultUser user, RunningVault vault) {
        return RunningVault.json(vault.get(
                        "/api/v1/connections/as/token",
                        RunningVault.agent(user.name(), VaultUser.AGENT, "connections:use")))
                .get("status");
    }

    private long seconds(Duration fromNow) {
        return one.clock().instant().plus(fromNow).getEpochSecond();
    }

    private void forward(Duration by) {
        one.clock().forward(by);
        two.clock().forward(by);
    }
}
