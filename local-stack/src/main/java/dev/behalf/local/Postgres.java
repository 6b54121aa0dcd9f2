package dev.behalf.local;

import dev.behalf.embedded.PostgresServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.concurrent.TimeUnit;

/// The stack's PostgreSQL server, started again when it is killed.
final class Postgres implements Launch {

    private static final long LOOK_EVERY_MILLIS = 500;

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
        return server.pid();
    }

    @Override
    public void keep(Runnable again) {
        kept = true;
        Thread.ofPlatform().daemon().name("postgres-watch").start(() -> watch(again));
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

    /// Looks instead of waiting for its end: it is no child of this process.
    private void watch(Runnable again) {
        try {
            while (kept) {
                TimeUnit.MILLISECONDS.sleep(LOOK_EVERY_MILLIS);
                if (!server.isRunning() && again()) {
                    again.run();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized boolean again() {
        if (!kept) {
            return false;
        }
        Console.say("PostgreSQL ended and is started again");
        try {
            server.close(); // it still holds the folder's lock
            server = PostgresServer.start(folder, port);
            return true;
        } catch (IOException | IllegalStateException e) {
            // Its last processes may still hold the folder; the next look tries again.
            Console.say("PostgreSQL does not start again: " + e.getMessage());
            return false;
        }
    }
}
