package dev.behalf.authz.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.behalf.authz.RunningAuthzServer;
import dev.behalf.authz.event.Revocation.Kind;
import dev.behalf.kernel.database.Database;
import dev.behalf.kernel.json.Json;
import dev.behalf.testkit.TestPostgres;
import io.r2dbc.spi.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// What is kept of grants and revocations, with the transaction and only with it.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class GrantEventsTest {

    private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");

    private final Map<String, String> database = TestPostgres.shared().newDatabase();
    private final RunningAuthzServer server = RunningAuthzServer.start(database, Map.of());
    private final GrantEvents events = server.bean(GrantEvents.class);

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
    void aGrantIsAnEventThatDoesNotNameTheUser() throws SQLException {
        inTransaction(connection -> events.granted(
                connection,
                new Granted("g1", "user-1", "alice", "client-1", "agent-1", Set.of("read", "manage"), "urn:r", NOON)));

        assertThat(column("aggregateid")).containsExactly("grant/g1");
        assertThat(column("type")).containsExactly("dev.behalf.grant.created.v1");
        assertThat(Json.readObject(column("payload").getFirst()))
                .isEqualTo(Map.of(
                        "kind", "grant",
                        "id", "g1",
                        "subject", "user-1",
                        "clientId", "client-1",
                        "actor", "agent-1",
                        "scopes", List.of("manage", "read"),
                        "resource", "urn:r",
                        "grantedAt", "2026-03-01T12:00:00Z"));
    }

    @Test
    void aRevocationIsAnEventAndARow() throws SQLException {
        revoke("user", revocation(Kind.GRANT, "g1"), revocation(Kind.TOKEN, "t1"), revocation(Kind.CLIENT, "c1"));

        assertThat(column("aggregateid")).containsExactlyInAnyOrder("grant/g1", "token/t1", "client/c1");
        assertThat(column("type"))
                .containsExactlyInAnyOrder(
                        "dev.behalf.grant.revoked.v1", "dev.behalf.token.revoked.v1", "dev.behalf.client.revoked.v1");
        assertThat(revocations("kind || ' ' || id || ' ' || reason"))
                .containsExactlyInAnyOrder("grant g1 user", "token t1 user", "client c1 user");
    }

    @Test
    void whatIsRolledBackIsNotTold() throws SQLException {
        assertThatThrownBy(() -> inTransaction(connection -> events.revoked(
                                connection, List.of(revocation(Kind.GRANT, "g1")), "user")
                        .then(Mono.error(new IllegalStateException("no")))))
                .hasMessageContaining("no");

        assertThat(column("aggregateid")).isEmpty();
        assertThat(revocations("id")).isEmpty();
    }

    @Test
    void toRevokeAgainNeverShortensARevocation() throws SQLException {
        revoke("user", new Revocation(Kind.CLIENT, "c1", NOON, NOON.plusSeconds(3600)));
        revoke("reuse", new Revocation(Kind.CLIENT, "c1", NOON.minusSeconds(60), NOON.plusSeconds(60)));

        assertThat(revocations("revoked_at = '2026-03-01T12:00:00Z' AND until = '2026-03-01T13:00:00Z'"))
                .containsExactly("t");
        assertThat(column("aggregateid")).containsExactly("client/c1", "client/c1");
    }

    @Test
    void theSameTwiceInOneGoIsOne() throws SQLException {
        revoke("user", revocation(Kind.GRANT, "g1"), revocation(Kind.GRANT, "g1"));

        assertThat(column("aggregateid")).containsExactly("grant/g1");
    }

    @Test
    void nothingToRevokeIsNoEvent() throws SQLException {
        revoke("user");

        assertThat(column("aggregateid")).isEmpty();
    }

    @Test
    void revocationsOfTheSameInAnyOrderDoNotDeadlock() throws SQLException {
        var all = new ArrayList<Revocation>();
        for (int i = 0; i < 50; i++) {
            all.add(revocation(Kind.GRANT, "g" + i));
        }
        var reversed = new ArrayList<>(all);
        Collections.reverse(reversed);
        var dataSource = server.bean(Database.class);
        Flux.range(0, 40)
                .flatMap(
                        i -> dataSource.transaction(
                                connection -> events.revoked(connection, i % 2 == 0 ? all : reversed, "user")),
                        8)
                .blockLast();

        assertThat(revocations("id")).hasSize(50);
    }

    private static Revocation revocation(Kind kind, String id) {
        return new Revocation(kind, id, NOON, NOON.plusSeconds(3600));
    }

    private void revoke(String reason, Revocation... revocations) {
        inTransaction(connection -> events.revoked(connection, List.of(revocations), reason));
    }

    private void inTransaction(Function<Connection, Mono<Void>> work) {
        var _ = server.bean(Database.class).transaction(work).block();
    }

    private List<String> column(String name) throws SQLException {
        return RunningAuthzServer.query(database, "SELECT " + name + " FROM outbox ORDER BY revision");
    }

    private List<String> revocations(String what) throws SQLException {
        return RunningAuthzServer.query(database, "SELECT " + what + " FROM revocation");
    }
}
