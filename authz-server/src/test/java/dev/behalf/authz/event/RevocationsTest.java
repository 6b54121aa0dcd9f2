package dev.behalf.authz.event;

import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.authz.RunningAuthzServer;
import dev.behalf.authz.event.Revocation.Kind;
import dev.behalf.kernel.database.Database;
import dev.behalf.kernel.json.Json;
import dev.behalf.testkit.TestPostgres;
import java.net.http.HttpResponse;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// `/internal/revocations`, for services without Kafka.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RevocationsTest {

    private static final String PATH = "/internal/revocations";

    private final Map<String, String> database = TestPostgres.shared().newDatabase();
    private final RunningAuthzServer server = RunningAuthzServer.start(database, Map.of("behalf.test.clock", "true"));

    @AfterAll
    void stop() {
        server.close();
    }

    @BeforeEach
    void forget() throws SQLException {
        try (var connection = RunningAuthzServer.open(database);
                var statement = connection.createStatement()) {
            statement.execute("TRUNCATE outbox, revocation");
        }
    }

    @Test
    void whatIsInForceIsShownToServices() {
        revoke("g1", Duration.ofMinutes(10));

        var reply = get("");

        assertThat(reply.statusCode()).isEqualTo(200);
        assertThat(reply.body()).doesNotContain("user");
        assertThat(Json.readObject(reply.body()))
                .isEqualTo(Map.of(
                        "revocations",
                        List.of(Map.of(
                                "kind",
                                "grant",
                                "id",
                                "g1",
                                "revokedAt",
                                now().toString(),
                                "until",
                                now().plus(Duration.ofMinutes(10)).toString()))));
    }

    @Test
    void whatIsOverIsNotShownAndIsSwept() throws SQLException {
        revoke("g1", Duration.ofMinutes(10));
        server.clock().forward(Duration.ofMinutes(11));
        assertThat(get("").body()).isEqualTo("{\"revocations\":[]}");

        var sweep = server.bean(RevocationSweep.class);
        assertThat(sweep.sweep().block()).isZero();
        server.clock().forward(Duration.ofMinutes(5));
        assertThat(sweep.sweep().block()).isEqualTo(1);
        assertThat(RunningAuthzServer.query(database, "SELECT id FROM revocation"))
                .isEmpty();
    }

    @Test
    void eventsThatNobodyPublishesAreNotKeptForEver() throws SQLException {
        revoke("g1", Duration.ofDays(30));
        var sweep = server.bean(RevocationSweep.class);
        assertThat(sweep.sweep().block()).isZero();
        assertThat(RunningAuthzServer.query(database, "SELECT id FROM outbox")).hasSize(1);

        server.clock().forward(Duration.ofDays(8));
        assertThat(sweep.sweep().block()).isZero();

        assertThat(RunningAuthzServer.query(database, "SELECT id FROM outbox")).isEmpty();
        assertThat(RunningAuthzServer.query(database, "SELECT id FROM revocation"))
                .hasSize(1);
    }

    @Test
    void whoHasItIsToldThatNothingChangedUntilSomethingDoes() {
        var none = tag(get(""));
        assertThat(get(none).statusCode()).isEqualTo(304);
        revoke("g1", Duration.ofMinutes(10));

        var one = get(none);
        assertThat(one.statusCode()).isEqualTo(200);
        assertThat(get(tag(one)).statusCode()).isEqualTo(304);

        revoke("g1", Duration.ofMinutes(20));
        assertThat(get(tag(one)).statusCode()).isEqualTo(200);
    }

    @Test
    void nobodyElseMayAsk() {
        assertThat(server.get(PATH, null).statusCode()).isEqualTo(401);
        assertThat(server.get(PATH, server.internalToken()).statusCode()).isEqualTo(403);
    }

    private HttpResponse<String> get(String known) {
        var request = server.request(PATH).header("Authorization", "Bearer " + server.gatewayToken());
        return server.send(known.isEmpty() ? request : request.header("If-None-Match", known));
    }

    private static String tag(HttpResponse<String> reply) {
        return reply.headers().firstValue("ETag").orElseThrow();
    }

    private Instant now() {
        return server.clock().instant();
    }

    private void revoke(String id, Duration lifetime) {
        var revocation = new Revocation(Kind.GRANT, id, now(), now().plus(lifetime));
        var events = server.bean(GrantEvents.class);
        var _ = server.bean(Database.class)
                .transaction(connection -> events.revoked(connection, List.of(revocation), "user"))
                .block();
    }
}
