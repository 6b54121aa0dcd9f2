package dev.behalf.embedded;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.NoSuchElementException;

/// A PostgreSQL server as a child process, durable: an acknowledged commit survives the loss of power.
///
/// A server that a killed process left behind on the same folder and port is taken over. Nothing ends it but
/// [#close].
public final class PostgresServer implements AutoCloseable {

    private static final String SUPERUSER = "postgres";

    private final EmbeddedPostgres server;
    private final Path folder;

    private PostgresServer(EmbeddedPostgres server, Path folder) {
        this.server = server;
        this.folder = folder;
    }

    /// Starts the server on the folder, which is made and initialised when it does not exist.
    ///
    /// @param port on the loopback interface
    /// @throws IOException when it does not start within a minute
    public static PostgresServer start(Path folder, int port) throws IOException {
        Files.createDirectories(folder);
        if (!isRunning(pid(folder))) {
            // The server itself takes a dead process that nobody asked after for one that runs.
            Files.deleteIfExists(pidFile(folder));
        }
        var server = EmbeddedPostgres.builder()
                .setDataDirectory(folder)
                .setCleanDataDirectory(false)
                .setPort(port)
                // Whoever started it ends it, in an order of their own: not while others still need it.
                .setRegisterShutdownHook(false)
                .setPGStartupWait(Duration.ofSeconds(60))
                // The library's defaults trade durability for speed; these win over them.
                .setServerConfig("fsync", "on")
                .setServerConfig("synchronous_commit", "on")
                .setServerConfig("full_page_writes", "on")
                .setServerConfig("max_connections", "100")
                .setServerConfig("shared_buffers", "32MB")
                .setServerConfig("jit", "off")
                .start();
        return new PostgresServer(server, folder);
    }

    public int port() {
        return server.getPort();
    }

    /// The id of the server's main process; -1 when none runs.
    public long pid() {
        return pid(folder);
    }

    /// Whether that process runs.
    public boolean isRunning() {
        return isRunning(pid());
    }

    /// Makes a role and a database of the same name that it owns; nothing happens to what exists, but the
    /// password is set anew.
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

    private static Path pidFile(Path folder) {
        return folder.resolve("postmaster.pid");
    }

    private static long pid(Path folder) {
        try {
            return Long.parseLong(Files.readAllLines(pidFile(folder)).getFirst().strip());
        } catch (IOException | NumberFormatException | NoSuchElementException e) {
            return -1;
        }
    }

    /// A zombie does not run: where process 1 does not ask after what it inherits, they stay.
    private static boolean isRunning(long pid) {
        if (!ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false)) {
            return false;
        }
        try {
            var status = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
            return !status.substring(status.lastIndexOf(')') + 1).strip().startsWith("Z");
        } catch (IOException e) {
            return true; // no such folder on this system, or it ended just now
        }
    }
}
