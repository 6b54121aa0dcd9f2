package dev.behalf.kernel.outbound;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/// A server that does to each connection what the test says, byte by byte.
final class Peer implements AutoCloseable {

    /// What is done once the head of a request has come.
    @FunctionalInterface
    interface Behaviour {
        void on(Socket connection) throws IOException, InterruptedException;
    }

    private final ServerSocket server;
    private final AtomicInteger requests = new AtomicInteger();
    private final BlockingQueue<InetAddress> reachedAt = new LinkedBlockingQueue<>();
    private final BlockingQueue<Boolean> left = new LinkedBlockingQueue<>();

    private Peer(Behaviour behaviour) throws IOException {
        server = new ServerSocket(0, 50); // at every address of this machine
        Thread.ofVirtual().start(() -> accept(behaviour));
    }

    static Peer that(Behaviour behaviour) {
        try {
            return new Peer(behaviour);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// One that answers every request with those bytes and closes.
    static Peer saying(String response) {
        return that(connection -> say(connection, response));
    }

    static void say(Socket connection, String text) throws IOException {
        connection.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
        connection.getOutputStream().flush();
    }

    int port() {
        return server.getLocalPort();
    }

    String url(String host) {
        return "http://" + host + ":" + port() + "/";
    }

    /// How many requests have come.
    int requests() {
        return requests.get();
    }

    /// The address of ours that the next connection came to.
    InetAddress reachedAt() throws InterruptedException {
        return java.util.Objects.requireNonNull(reachedAt.poll(20, TimeUnit.SECONDS), "no connection came");
    }

    /// Whether the caller leaves a connection (within a limit).
    boolean isLeft() throws InterruptedException {
        return left.poll(20, TimeUnit.SECONDS) != null;
    }

    /// Waits until the caller closes the connection.
    void untilLeft(Socket connection) {
        try {
            while (connection.getInputStream().read() >= 0) {
                continue;
            }
        } catch (IOException e) {
            // a reset is a way to leave too
        }
        left.add(true);
    }

    private void accept(Behaviour behaviour) {
        while (!server.isClosed()) {
            try {
                var connection = server.accept();
                Thread.ofVirtual().start(() -> serve(connection, behaviour));
            } catch (IOException e) {
                return; // closed
            }
        }
    }

    private void serve(Socket connection, Behaviour behaviour) {
        try (connection) {
            reachedAt.add(connection.getLocalAddress());
            var in = connection.getInputStream();
            int matched = 0;
            while (matched < 4) {
                int b = in.read();
                if (b < 0) {
                    return;
                }
                matched = b == "\r\n\r\n".charAt(matched) ? matched + 1 : b == '\r' ? 1 : 0;
            }
            requests.incrementAndGet();
            behaviour.on(connection);
        } catch (IOException | InterruptedException e) {
            // the caller left first
        }
    }

    @Override
    public void close() {
        try {
            server.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
