package dev.behalf.testkit;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

/// An upstream that reads HTTP/1.1 as plainly as possible, keeps exactly what it received, and answers what a test
/// says.
public final class RecordingUpstream implements AutoCloseable {

    /// A request as it came off the wire.
    ///
    /// @param headers  `name: value` lines in their order and case
    /// @param trailers the same, after a chunked body
    /// @param complete whether the body came to its end
    @SuppressWarnings("ArrayRecordComponent")
    public record Received(
            String requestLine, List<String> headers, byte[] body, List<String> trailers, boolean complete) {

        /// Every value of that header, in order.
        public List<String> all(String name) {
            return headers.stream()
                    .filter(line -> line.regionMatches(true, 0, name + ":", 0, name.length() + 1))
                    .map(line -> line.substring(name.length() + 1).strip())
                    .toList();
        }

        /// The lower-case names of all headers.
        public List<String> names() {
            return headers.stream()
                    .map(line -> line.substring(0, line.indexOf(':')).toLowerCase(java.util.Locale.ROOT))
                    .toList();
        }
    }

    /// Answers a request on the connection's own thread. Returning false closes the connection.
    @FunctionalInterface
    public interface Answer {
        boolean answer(Received request, InputStream in, OutputStream out) throws IOException, InterruptedException;
    }

    private final ServerSocket server;
    private final BlockingQueue<Received> received = new LinkedBlockingQueue<>();
    private final AtomicInteger connections = new AtomicInteger();
    private final AtomicInteger open = new AtomicInteger();
    private volatile Predicate<Received> kept = _ -> true;
    private volatile Answer answer = (request, _, out) -> {
        write(out, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        return true;
    };

    public RecordingUpstream() {
        try {
            server = new ServerSocket(0, 200, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.ofVirtual().start(this::accept);
    }

    public int port() {
        return server.getLocalPort();
    }

    public String url() {
        return "http://127.0.0.1:" + port();
    }

    /// Answers this way from now on.
    public void answer(Answer how) {
        answer = how;
    }

    /// Answers these bytes from now on, and keeps the connection.
    public void answer(String bytes) {
        answer((_, _, out) -> {
            write(out, bytes);
            return true;
        });
    }

    /// Keeps from now on only the requests that pass; all are answered.
    public void keep(Predicate<Received> which) {
        kept = which;
    }

    /// The next request not taken yet, waited for up to ten seconds.
    public Received take() {
        try {
            var request = received.poll(10, TimeUnit.SECONDS);
            if (request == null) {
                throw new AssertionError("the upstream received nothing");
            }
            return request;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /// How many requests wait to be taken.
    public int pending() {
        return received.size();
    }

    /// Forgets what was received.
    public void clear() {
        received.clear();
    }

    /// How many connections were made so far.
    public int connections() {
        return connections.get();
    }

    /// How many connections are open now.
    public int openConnections() {
        return open.get();
    }

    public static void write(OutputStream out, String bytes) throws IOException {
        out.write(bytes.getBytes(StandardCharsets.ISO_8859_1));
        out.flush();
    }

    @Override
    public void close() {
        try {
            server.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                var socket = server.accept();
                connections.incrementAndGet();
                Thread.ofVirtual().start(() -> serve(socket));
            } catch (IOException e) {
                return; // closed
            }
        }
    }

    private void serve(Socket socket) {
        open.incrementAndGet();
        try (socket) {
            socket.setTcpNoDelay(true);
            var in = new BufferedInputStream(socket.getInputStream());
            var out = socket.getOutputStream();
            while (true) {
                var request = read(in);
                if (kept.test(request)) {
                    received.add(request);
                }
                if (!request.complete || !answer.answer(request, in, out)) {
                    return;
                }
            }
        } catch (IOException e) {
            // the gateway closed the connection
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            open.decrementAndGet();
        }
    }

    private static Received read(InputStream in) throws IOException {
        var requestLine = line(in);
        var headers = new ArrayList<String>();
        for (var line = line(in); !line.isEmpty(); line = line(in)) {
            headers.add(line);
        }
        var head = new Received(requestLine, headers, new byte[0], List.of(), true);
        var body = new ByteArrayOutputStream();
        var trailers = new ArrayList<String>();
        boolean complete = true;
        try {
            if (!head.all("Transfer-Encoding").isEmpty()) {
                for (int size = size(in); size > 0; size = size(in)) {
                    readFully(in, size, body);
                    line(in);
                }
                for (var line = line(in); !line.isEmpty(); line = line(in)) {
                    trailers.add(line);
                }
            } else if (!head.all("Content-Length").isEmpty()) {
                readFully(in, Integer.parseInt(head.all("Content-Length").getFirst()), body);
            }
        } catch (EOFException e) {
            complete = false;
        }
        return new Received(requestLine, headers, body.toByteArray(), trailers, complete);
    }

    private static int size(InputStream in) throws IOException {
        return Integer.parseInt(line(in).split(";")[0].strip(), 16);
    }

    private static void readFully(InputStream in, int length, ByteArrayOutputStream into) throws IOException {
        var bytes = in.readNBytes(length);
        into.writeBytes(bytes);
        if (bytes.length < length) {
            throw new EOFException();
        }
    }

    @com.google.errorprone.annotations.CanIgnoreReturnValue
    private static String line(InputStream in) throws IOException {
        var line = new ByteArrayOutputStream();
        for (int b = in.read(); b >= 0; b = in.read()) {
            if (b == '\n') {
                var text = line.toString(StandardCharsets.ISO_8859_1);
                return text.endsWith("\r") ? text.substring(0, text.length() - 1) : text;
            }
            line.write(b);
        }
        throw new EOFException();
    }
}
