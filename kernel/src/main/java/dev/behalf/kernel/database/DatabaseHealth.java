package dev.behalf.kernel.database;

import io.micronaut.context.annotation.Requires;
import io.micronaut.health.HealthStatus;
import io.micronaut.management.health.indicator.HealthIndicator;
import io.micronaut.management.health.indicator.HealthResult;
import io.micronaut.management.health.indicator.annotation.Readiness;
import jakarta.inject.Singleton;
import org.reactivestreams.Publisher;

/// A service that keeps its state in the database is ready when that answers.
@Singleton
@Readiness
@Requires(beans = Database.class)
final class DatabaseHealth implements HealthIndicator {

    private final Database database;

    DatabaseHealth(Database database) {
        this.database = database;
    }

    @Override
    public Publisher<HealthResult> getResult() {
        return database.answers()
                .map(yes -> HealthResult.builder("database", yes ? HealthStatus.UP : HealthStatus.DOWN)
                        .build());
    }
}
