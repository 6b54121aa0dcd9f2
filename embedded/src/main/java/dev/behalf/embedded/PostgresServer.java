package dev.behalf.embedded;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;

/// A PostgreSQL server as a child process, durable: an acknowledged commit survives the loss of power.
///
/// A server that a killed process left behind on the same folder and port is taken over.
public final class PostgresServer implements AutoCloseable {

    private static final String SUPERUSER = "postgres";

    private final EmbeddedPostgres server;

    private PostgresServer(EmbeddedPostgres server) {
        this.server = server;
    }

    /// Starts the server on the folder, which is made and initialised when it does not exist.
    ///
    /// @param port on the loopback interface
    /// @throws IOException when it does not start within a minute
    public static PostgresServer start(Path folder, int port) throws IOException {
        Files.createDirectories(folder);
        return new PostgresServer(EmbeddedPostgres.builder()
                .setDataDirectory(folder)
                .setCleanDataDirectory(false)
                .setPort(port)
                .setPGStartupWait(Duration.ofSeconds(60))
                // The library's defaults trade durability for speed; these win over them.
                .setServerConfig("fsync", "on")
                .setServerConfig("synchronous_commit", "on")
                .setServerConfig("full_page_writes", "on")
                .setServerConfig("max_connections", "100")
                .setServerConfig("shared_buffers", "32MB")
                .setServerConfig("jit", "off")
                .start());
    }

    public int port() {
        return server.getPort();
    }

    /// Makes a role and a database of the same name that it owns; nothing happens to what exists, but the password is
    /// set anew.
    ///
    /// @param name     letters, digits and `_`
    /// @param password without quotes
    public void database(String name, String password) throws SQLException {
        if (!name.matches("[a-z][a-z0-9_]{0,50}") || !password.matches("[A-Za-z0-9_-]{1,200}")) {
            throw new IllegalArgumentException("not a plain name and password");
        }
        try (var connection = server.getDatabase(SUPERUSER, SUPERUSER).getConnection();
                var statement = connection.createStatement()) {
            statement.execute("DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '" + name
                    + "') THEN CREATE ROLE " + name + " LOGIN; END IF; END $$");
            statement.execute("ALTER ROLE " + name + " PASSWORD '" + password + "'");
            try (var exists = statement.executeQuery("SELECT 1 FROM pg_database WHERE datname = '" + name + "'")) {
                if (exists.next()) {
                    return;
                }
            }
            statement.execute("CREATE DATABASE " + name + " OWNER " + name);
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
