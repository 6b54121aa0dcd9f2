package dev.behalf.kernel.database;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.context.annotation.Requires;
import io.micronaut.context.annotation.Value;
import io.micronaut.core.bind.annotation.Bindable;
import java.time.Duration;

/// The service's own database.
///
/// @param password       never printed
/// @param maxConnections the size of the pool
/// @param acquireWithin  how long a request waits for a connection before it is answered 503
/// @param answerWithin   how long one statement may take
/// @param service        names the folder of the migrations
@ConfigurationProperties("behalf.database")
@Requires(property = "behalf.database.password")
public record DatabaseSettings(
        @Bindable(defaultValue = "localhost") String host,
        @Bindable(defaultValue = "5432") int port,
        String name,
        String user,
        String password,
        @Bindable(defaultValue = "10") int maxConnections,
        @Bindable(defaultValue = "2s") Duration acquireWithin,
        @Bindable(defaultValue = "5s") Duration answerWithin,
        @Value("${behalf.service}") String service) {

    @Override
    public String toString() {
        return "DatabaseSettings[" + user + "@" + host + ":" + port + "/" + name + "]";
    }
}
