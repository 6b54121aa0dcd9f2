package dev.behalf.authz;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/// Stands before a server of a test and can be cut: what is open breaks, and what comes is closed at once.
final class TcpProxy implements AutoCloseable {

    private final ServerSocket server;
    private final int target;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final Semaphore turnedAway = new Semaphore(0);
    private volatile boolean cut;

    TcpProxy(int target) {
        try {
            this.server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        this.target = target;
        Thread.ofVirtual().start(this::accept);
    }

    int port() {
        return server.getLocalPort();
    }

    void cut() {
        cut = true;
        open.forEach(TcpProxy::close);
    }

    void mend() {
        cut = false;
    }

    /// Waits until somebody has come in vain.
    boolean hasTurnedAwaySomebody() throws InterruptedException {
        return turnedAway.tryAcquire(60, TimeUnit.SECONDS);
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                var client = server.accept();
                if (cut) {
                    close(client);
                    turnedAway.release();
                } else {
                    join(client, new Socket(InetAddress.getLoopbackAddress(), target));
                }
            } catch (IOException e) {
                continue; // closed, or the target refused
            }
        }
    }

    private void join(Socket client, Socket behind) {
        open.add(client);
        open.add(behind);
        Thread.ofVirtual().start(() -> copy(client, behind));
        Thread.ofVirtual().start(() -> copy(behind, client));
        if (cut) {
            cut();
        }
    }

    private void copy(Socket from, Socket to) {
        try (from;
                to) {
            from.getInputStream().transferTo(to.getOutputStream());
        } catch (IOException e) {
            // either side may break off
        } finally {
            open.remove(from);
            open.remove(to);
        }
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        cut();
        try {
            server.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
