package dev.behalf.testkit;

import dev.behalf.embedded.Ports;
import dev.behalf.embedded.PostgresServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.testcontainers.postgresql.PostgreSQLContainer;

/// A PostgreSQL server of a test: stopped and started again, it keeps its port and its data.
public final class TestPostgres implements AutoCloseable {

    private static final String PASSWORD = "test-password";
    private static final AtomicInteger DATABASES = new AtomicInteger();

    private static final class Shared {
        static final TestPostgres SERVER = closedAtExit(start());
    }

    private final @Nullable Path folder;
    private final @Nullable PostgreSQLContainer container;
    private final int port;
    private @Nullable PostgresServer server;

    private TestPostgres(@Nullable Path folder, int port, @Nullable PostgreSQLContainer container) {
        this.folder = folder;
        this.port = port;
        this.container = container;
    }

    /// A server of the caller's own.
    @SuppressWarnings("resource") // closed by close()
    public static TestPostgres start() {
        if (Servers.inDocker()) {
            var container = new PostgreSQLContainer("postgres:17")
                    .withUsername("postgres")
                    .withPassword(PASSWORD)
                    .withDatabaseName("postgres");
            container.start();
            return new TestPostgres(null, container.getMappedPort(5432), container);
        }
        try {
            var server = new TestPostgres(Files.createTempDirectory("behalf-pg"), Ports.free(), null);
            server.restart();
            return server;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// The server that all test classes of this process share; each takes a database of its own.
    public static TestPostgres shared() {
        return Shared.SERVER;
    }

    /// The settings of a service for a new, empty database.
    public Map<String, String> newDatabase() {
        var name = "test_" + DATABASES.incrementAndGet();
        try {
            if (container != null) {
                try (var connection = DriverManager.getConnection(container.getJdbcUrl(), "postgres", PASSWORD);
                        var statement = connection.createStatement()) {
                    statement.execute("CREATE ROLE " + name + " LOGIN PASSWORD '" + PASSWORD + "'");
                    statement.execute("CREATE DATABASE " + name + " OWNER " + name);
                }
            } else {
                running().database(name, PASSWORD);
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        var settings = new LinkedHashMap<String, String>();
        settings.put("behalf.database.host", "127.0.0.1");
        settings.put("behalf.database.port", Integer.toString(port));
        settings.put("behalf.database.name", name);
        settings.put("behalf.database.user", name);
        settings.put("behalf.database.password", PASSWORD);
        return settings;
    }

    /// Ends the server at once; what was committed stays.
    public void stop() {
        if (container != null) {
            container
                    .getDockerClient()
                    .pauseContainerCmd(container.getContainerId())
                    .exec();
            return;
        }
        try {
            running().close();
            server = null;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Starts the stopped server again.
    public void restart() {
        if (container != null) {
            container
                    .getDockerClient()
                    .unpauseContainerCmd(container.getContainerId())
                    .exec();
            return;
        }
        try {
            server = PostgresServer.start(java.util.Objects.requireNonNull(folder), port);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        if (container != null) {
            container.close();
        } else if (server != null) {
            stop();
        }
        if (folder != null) {
            Folders.delete(folder);
        }
    }

    private PostgresServer running() {
        return java.util.Objects.requireNonNull(server, "the server is stopped");
    }

    private static TestPostgres closedAtExit(TestPostgres server) {
        Runtime.getRuntime().addShutdownHook(new Thread(server::close));
        return server;
    }
}
