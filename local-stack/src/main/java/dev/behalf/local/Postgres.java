package dev.behalf.local;

import dev.behalf.embedded.PostgresServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;

/// The stack's PostgreSQL server, started again when it is killed.
final class Postgres implements Launch {

    private final Path folder;
    private final int port;
    private volatile boolean kept;
    private volatile PostgresServer server;

    private Postgres(Path folder, int port, PostgresServer server) {
        this.folder = folder;
        this.port = port;
        this.server = server;
    }

    static Postgres start(DataFolder data, Services services) {
        var folder = data.path("postgres");
        int port = data.port("postgres", Files.exists(folder.resolve("postmaster.pid")));
        try {
            var server = PostgresServer.start(folder, port);
            for (var service : Services.WITH_DATABASE) {
                server.database(Services.database(service), services.databasePassword(service));
            }
            return new Postgres(folder, port, server);
        } catch (IOException | SQLException | IllegalStateException e) {
            throw new Refused("PostgreSQL does not start on " + folder + ": " + e.getMessage());
        }
    }

    int port() {
        return port;
    }

    @Override
    public long pid() {
        try {
            return Long.parseLong(Files.readAllLines(folder.resolve("postmaster.pid"))
                    .getFirst()
                    .strip());
        } catch (IOException | NumberFormatException e) {
            return -1;
        }
    }

    @Override
    public synchronized void keep() {
        kept = true;
        watch();
    }

    @Override
    public void release() {
        kept = false;
    }

    @Override
    public synchronized void close() {
        release();
        try {
            server.close();
        } catch (IOException e) {
            Console.say("PostgreSQL did not stop cleanly: " + e.getMessage());
        }
    }

    private void watch() {
        ProcessHandle.of(pid()).ifPresent(process -> {
            var _ = process.onExit().thenRunAsync(this::again);
        });
    }

    private synchronized void again() {
        if (!kept || isShuttingDown()) {
            return;
        }
        Console.say("PostgreSQL ended and is started again");
        try {
            server = PostgresServer.start(folder, port);
            watch();
        } catch (IOException | IllegalStateException e) {
            Console.say("PostgreSQL does not start again: " + e.getMessage());
        }
    }

    /// The server's library ends it in a shutdown hook of its own, which may run before ours: that is no death.
    private static boolean isShuttingDown() {
        var hook = new Thread(() -> {});
        try {
            Runtime.getRuntime().addShutdownHook(hook);
            return !Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            return true;
        }
    }
}
