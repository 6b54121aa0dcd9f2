package dev.behalf.authz.client;

import static dev.behalf.authz.client.RegistrationTest.isError;
import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.authz.RunningAuthzServer;
import dev.behalf.kernel.database.Database;
import dev.behalf.kernel.json.Json;
import dev.behalf.testkit.TestPostgres;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Open registration is safe to leave on: what it costs is bounded, and what nobody uses goes away.
class ClientLifetimeTest {

    private static final String BODY =
            "{\"redirect_uris\":[\"https://agent.example/\"],\"token_endpoint_auth_method\":\"none\"}";

    @Test
    void aClientThatIsNeverUsedGoesAndOneThatIsStays() {
        try (var server = start(Map.of("behalf.test.ends", true))) {
            var used = register(server, null);
            var unused = register(server, null);
            var clients = server.bean(Clients.class);

            server.clock().forward(Duration.ofHours(23));
            assertThat(exists(server, unused)).isTrue();
            clients.used(Objects.requireNonNull(clients.find(used).toFuture().join()))
                    .toFuture()
                    .join();
            server.clock().forward(Duration.ofHours(1));

            assertThat(exists(server, unused)).isFalse();
            assertThat(exists(server, used)).isTrue();
            assertThat(sweep(server)).isEqualTo(1);
            assertThat(server.bean(RecordedEnds.class).all).containsExactly(unused + " expired");

            server.clock().forward(Duration.ofDays(90).minusHours(2));
            assertThat(exists(server, used)).isTrue();
            server.clock().forward(Duration.ofHours(1));
            assertThat(exists(server, used)).isFalse();
            assertThat(sweep(server)).isEqualTo(1);
            assertThat(sweep(server)).isZero();
        }
    }

    @Test
    void aLiveGrantKeepsItsClient() {
        try (var server = start(Map.of())) {
            var client = register(server, null);
            var until = server.clock().instant().plus(Duration.ofDays(400));
            keepUntil(server, client, until);

            server.clock().forward(Duration.ofDays(400));
            assertThat(exists(server, client)).isTrue();
            assertThat(sweep(server)).isZero();

            keepUntil(server, client, Instant.MAX);
            server.clock().forward(Duration.ofDays(36_500));
            assertThat(exists(server, client)).isTrue();
        }
    }

    @Test
    void oneNetworkMakesItsShareAndNoMore() {
        try (var server = start(Map.of("behalf.authz.registration.burst", 3))) {
            for (int i = 0; i < 3; i++) {
                assertThat(post(server, "203.0.113.7", null).statusCode()).isEqualTo(201);
            }
            var refused = post(server, "203.0.113.7", null);
            isError(refused, 429, "temporarily_unavailable");
            assertThat(refused.headers().firstValue("Retry-After")).contains("5");
            assertThat(post(server, "203.0.113.8", null).statusCode()).isEqualTo(201);

            server.clock().forward(Duration.ofSeconds(5));
            assertThat(post(server, "203.0.113.7", null).statusCode()).isEqualTo(201);
            assertThat(post(server, "203.0.113.7", null).statusCode()).isEqualTo(429);
        }
    }

    @Test
    void anIpv6SubscriberIsOneNetworkWhateverAddressesItTakes() {
        try (var server = start(Map.of("behalf.authz.registration.burst", 2))) {
            assertThat(post(server, "2001:db8:1:2::1", null).statusCode()).isEqualTo(201);
            assertThat(post(server, "2001:db8:1:2:ffff::1", null).statusCode()).isEqualTo(201);
            assertThat(post(server, "2001:db8:1:2::3", null).statusCode()).isEqualTo(429);
            assertThat(post(server, "2001:db8:1:3::1", null).statusCode()).isEqualTo(201);
        }
    }

    @Test
    void whenThereAreTooManyUnusedOnesTheOldestGiveWayButYoungOnesDoNot() {
        try (var server = start(Map.of("behalf.authz.registration.most-unused", 2))) {
            var first = register(server, null);
            var second = register(server, null);
            isError(post(server, "203.0.113.7", null), 429, "temporarily_unavailable");

            server.clock().forward(Duration.ofMinutes(61));
            var third = register(server, null);
            var left = new HashSet<>(Set.of(first, second));
            left.removeIf(id -> !exists(server, id));
            assertThat(left).hasSize(1);
            assertThat(exists(server, third)).isTrue();
        }
    }

    @Test
    void rfc7591_section3_anInitialAccessTokenCanBeDemanded() {
        var token = "an-initial-access-token-of-this-test-0123456789";
        try (var server = start(Map.of("behalf.authz.registration.initial-access-token", token))) {
            isError(post(server, "203.0.113.7", null), 401, "invalid_token");
            var wrong = post(server, "203.0.113.7", token + "x");
            isError(wrong, 401, "invalid_token");
            assertThat(wrong.body()).doesNotContain(token);
            assertThat(wrong.headers().firstValue("WWW-Authenticate")).isPresent();
            assertThat(post(server, "203.0.113.7", token).statusCode()).isEqualTo(201);
        }
    }

    private static RunningAuthzServer start(Map<String, Object> settings) {
        var all = new java.util.HashMap<>(settings);
        all.put("behalf.test.clock", true);
        return RunningAuthzServer.start(TestPostgres.shared().newDatabase(), all);
    }

    private static String register(RunningAuthzServer server, @Nullable String token) {
        var reply = post(server, "198.51.100.1", token);
        assertThat(reply.statusCode()).isEqualTo(201);
        return String.valueOf(Json.readObject(reply.body()).get("client_id"));
    }

    private static HttpResponse<String> post(RunningAuthzServer server, String address, @Nullable String token) {
        return server.post("/oauth/register", BODY, request -> {
            var with = request.header("Content-Type", "application/json").header("X-Forwarded-For", address);
            return token == null ? with : with.header("Authorization", "Bearer " + token);
        });
    }

    private static boolean exists(RunningAuthzServer server, String id) {
        return server.bean(Clients.class).find(id).hasElement().toFuture().join();
    }

    private static int sweep(RunningAuthzServer server) {
        return server.bean(ExpiredClients.class).sweep().toFuture().join();
    }

    private static void keepUntil(RunningAuthzServer server, String client, Instant until) {
        var _ = server.bean(Database.class)
                .transaction(connection -> server.bean(Clients.class)
                        .keepUntil(connection, client, until)
                        .thenReturn(true))
                .toFuture()
                .join();
    }
}
