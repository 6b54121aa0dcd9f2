package dev.behalf.authz;

import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.kernel.database.Database;
import dev.behalf.testkit.TestPostgres;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/// Callers that leave in the midst of a transaction.
class CancelledTransactionTest {

    /// Whoever got such a connection next would write into a transaction that nobody commits.
    @Test
    void leaveNoConnectionInsideTheirTransaction() {
        var settings = TestPostgres.shared().newDatabase();
        settings.put("behalf.database.max-connections", "1"); // the next caller gets that very connection
        try (var server = RunningAuthzServer.start(settings, Map.of())) {
            var database = server.bean(Database.class);
            for (int i = 0; i < 2_000; i++) {
                var caller = database.transaction(
                                connection -> Database.query(connection, "SELECT 1", UnaryOperator.identity(), _ -> 1)
                                        .then())
                        .subscribe();
                LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(1_500_000));
                caller.dispose();

                assertThat(isOutsideOfTransactions(database))
                        .as("after cancel %s", i)
                        .isTrue();
            }
        }
    }

    /// The first statement of a transaction and no other begins when its transaction does.
    private static boolean isOutsideOfTransactions(Database database) {
        return Objects.requireNonNull(database.query(
                        "SELECT now() = statement_timestamp() AS outside",
                        UnaryOperator.identity(),
                        row -> Boolean.TRUE.equals(row.get("outside", Boolean.class)))
                .single()
                .block(Duration.ofSeconds(30)));
    }
}
