package dev.behalf.testkit;

import io.micronaut.test.support.TestPropertyProvider;
import java.util.HashMap;
import java.util.Map;

/// Gives a `@MicronautTest` class, which must be `PER_CLASS`, a new database on the shared server.
public interface RealPostgres extends TestPropertyProvider {

    @Override
    default Map<String, String> getProperties() {
        var properties = new HashMap<>(TestPostgres.shared().newDatabase());
        properties.putAll(moreProperties());
        return properties;
    }

    /// What else the test sets.
    default Map<String, String> moreProperties() {
        return Map.of();
    }
}
