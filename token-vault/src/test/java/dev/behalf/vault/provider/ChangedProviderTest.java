package dev.behalf.vault.provider;

import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.testkit.Eventually;
import dev.behalf.vault.RotatingProvider;
import dev.behalf.vault.RunningVault;
import dev.behalf.vault.VaultUser;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// Who may write providers changes one that users have connected accounts at. `elsewhere` is a provider of
/// theirs, which would like to have the tokens.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ChangedProviderTest {

    private static final String DEMO = "/api/v1/providers/demo";

    private final RotatingProvider provider = RotatingProvider.start();
    private final RotatingProvider elsewhere = RotatingProvider.start();
    private RunningVault vault;

    @BeforeAll
    void start() {
        vault = RunningVault.start(Map.of(
                "behalf.vault.connect.redirect-uris",
                RotatingProvider.REDIRECT,
                "behalf.outbound.allow",
                List.of(provider.hostAndPort(), elsewhere.hostAndPort()),
                "behalf.vault.refresh.retry-after",
                "1s",
                "behalf.test.clock",
                true));
    }

    @BeforeEach
    void asItWas() {
        gone();
        put(Map.of());
    }

    @AfterAll
    void stop() {
        vault.close();
        provider.close();
        elsewhere.close();
    }

    @Test
    void aRefreshTokenIsNotShownToATokenEndpointThatItDidNotComeFrom() {
        var user = connected();
        put(Map.of("token", Map.of("url", elsewhere.url() + "/token")));
        expire();

        assertThat(user.status(vault)).isEqualTo("needs_reconnect");
        assertThat(elsewhere.asked()).isZero();

        put(Map.of()); // a mistake that is mended has cost nothing
        assertThat(user.status(vault)).isEqualTo("active");
    }

    @Test
    void norIsItWhileItIsServedAndAboutToExpire() {
        var user = connected();
        put(Map.of("token", Map.of("url", provider.url() + "/token", "refreshUrl", elsewhere.url() + "/token")));
        vault.clock().forward(Duration.ofSeconds(RotatingProvider.LIFETIME_SECONDS - 20));

        assertThat(user.status(vault)).isEqualTo("active");
        vault.clock().forward(Duration.ofSeconds(30));
        assertThat(user.status(vault)).isEqualTo("needs_reconnect");
        assertThat(elsewhere.asked()).isZero();
    }

    @Test
    void norToAnotherClientOfTheSameProvider() {
        var user = connected();
        put(Map.of("client", Map.of("id", "another", "secret", RotatingProvider.SECRET)));
        int before = provider.asked();
        expire();

        assertThat(user.status(vault)).isEqualTo("needs_reconnect");
        assertThat(provider.asked()).isEqualTo(before);
    }

    @Test
    void aTokenIsNotRevokedWhereItDidNotComeFrom() {
        var user = connected();
        var id = String.valueOf(user.connections(vault).getFirst().get("id"));
        put(Map.of("revocation", Map.of("url", elsewhere.url() + "/revoke")));

        var ended = vault.send(
                vault.request("/api/v1/connections/" + id, user.own()).DELETE());

        assertThat(RunningVault.json(ended)).containsEntry("at_provider", "failed");
        assertThat(elsewhere.revoked()).isEmpty();
        assertThat(user.connections(vault)).isEmpty();
    }

    @Test
    void aCodeIsNotRedeemedWhereItDidNotComeFrom() {
        var user = new VaultUser();
        var answer = provider.approve(user.begin(vault), "octocat");
        put(Map.of("token", Map.of("url", elsewhere.url() + "/token")));

        var refused = user.complete(vault, answer);

        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(RunningVault.error(refused)).contains("begin anew");
        assertThat(elsewhere.asked()).isZero();
    }

    @Test
    void aProviderThatIsCreatedAgainHasNoneOfTheConnectionsOfTheOneBefore() {
        var user = connected();
        var before = user.connections(vault).getFirst().get("id");
        gone();
        assertThat(user.connections(vault)).isEmpty();

        put(Map.of());
        assertThat(user.status(vault)).isEqualTo("not_connected");

        user.connect(vault, provider, "octocat");
        assertThat(user.connections(vault))
                .singleElement()
                .satisfies(connection -> assertThat(connection)
                        .doesNotContainEntry("id", before)
                        .containsEntry("agents", List.of())); // whom it is given to was said of the other
        assertThat(user.status(vault)).isEqualTo("consent_required");
    }

    /// Removes the provider, and waits until it is.
    private void gone() {
        vault.delete(DEMO);
        Eventually.holds("the provider is gone", () -> vault.get(DEMO).statusCode() == 404);
    }

    private VaultUser connected() {
        var user = new VaultUser();
        user.allow(vault, user.connect(vault, provider, "octocat"));
        return user;
    }

    private void put(Map<String, @Nullable Object> changes) {
        var definition = new HashMap<String, @Nullable Object>(provider.definition());
        definition.putAll(changes);
        var stored = vault.put(DEMO, definition);
        assertThat(stored.statusCode()).as(stored.body()).isIn(200, 201);
    }

    private void expire() {
        vault.clock().forward(Duration.ofSeconds(RotatingProvider.LIFETIME_SECONDS + 1));
    }
}
