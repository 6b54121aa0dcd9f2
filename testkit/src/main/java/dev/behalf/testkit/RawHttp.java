package dev.behalf.testkit;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// One TCP connection on which a test writes exactly the bytes it wants, and reads HTTP/1.1 responses.
public final class RawHttp implements AutoCloseable {

    private static final int TIMEOUT_MILLIS = 20_000;

    private final Socket socket;
    private final InputStream in;

    private RawHttp(Socket socket) throws IOException {
        this.socket = socket;
        this.in = new BufferedInputStream(socket.getInputStream());
    }

    /// A response as it came.
    ///
    /// @param headers `name: value` lines in their order and case
    public record Response(int status, List<String> headers, String body) {

        /// Every value of that header, in order.
        public List<String> all(String name) {
            return headers.stream()
                    .filter(line -> line.regionMatches(true, 0, name + ":", 0, name.length() + 1))
                    .map(line -> line.substring(name.length() + 1).strip())
                    .toList();
        }

        public Optional<String> header(String name) {
            return all(name).stream().findFirst();
        }
    }

    public static RawHttp connect(int port) {
        return connect(port, 0);
    }

    /// A client whose system takes no more than about so many bytes before it reads them.
    ///
    /// @param receiveBufferBytes 0: as many as the system likes
    public static RawHttp connect(int port, int receiveBufferBytes) {
        try {
            var socket = new Socket();
            if (receiveBufferBytes > 0) {
                socket.setReceiveBufferSize(receiveBufferBytes); // before the connection, which agrees on it
            }
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            socket.setSoTimeout(TIMEOUT_MILLIS);
            socket.setTcpNoDelay(true);
            return new RawHttp(socket);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// One request on a connection of its own, and its response; empty when the connection was closed without one.
    public static Optional<Response> exchange(int port, String request) {
        try (var connection = connect(port)) {
            connection.send(request);
            return connection.read();
        }
    }

    /// Writes the text as ISO-8859-1 bytes; a broken connection shows when reading.
    public void send(String bytes) {
        send(bytes.getBytes(StandardCharsets.ISO_8859_1));
    }

    public void send(byte[] bytes) {
        try {
            socket.getOutputStream().write(bytes);
            socket.getOutputStream().flush();
        } catch (IOException e) {
            // The peer may have closed already: what it said before can still be read.
        }
    }

    /// The next response; empty when the connection was closed or reset before one.
    public Optional<Response> read() {
        return read(true);
    }

    /// The next response, whose body is read only when there can be one: not after HEAD.
    public Optional<Response> read(boolean withBody) {
        try {
            var statusLine = line();
            if (statusLine == null || statusLine.isEmpty()) {
                return Optional.empty();
            }
            int status = Integer.parseInt(statusLine.split(" ")[1]);
            var headers = new ArrayList<String>();
            for (var line = line(); line != null && !line.isEmpty(); line = line()) {
                headers.add(line);
            }
            var response = new Response(status, headers, "");
            var body = withBody && status >= 200 && status != 204 && status != 304 ? body(response) : "";
            return Optional.of(new Response(status, headers, body));
        } catch (SocketTimeoutException e) {
            throw new AssertionError("no response within " + TIMEOUT_MILLIS + " ms", e);
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /// The bytes as they arrive.
    public InputStream in() {
        return in;
    }

    /// Takes the bytes to send; unlike [#send], it fails when the connection is broken.
    public OutputStream out() throws IOException {
        return socket.getOutputStream();
    }

    /// Whatever arrives next, at least one byte; empty at the end of the stream.
    public String readSome() {
        try {
            var buffer = new byte[8192];
            int read = in.read(buffer);
            return read < 0 ? "" : new String(buffer, 0, read, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return "";
        }
    }

    /// Whether the peer closes the connection (within the time limit of reading), whatever it says before.
    public boolean isClosedByPeer() {
        try {
            while (in.read() >= 0) {
                continue;
            }
            return true;
        } catch (SocketTimeoutException e) {
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    /// Ends the sending side only.
    public void shutdownOutput() {
        try {
            socket.shutdownOutput();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String body(Response response) throws IOException {
        if (response.header("Transfer-Encoding")
                .filter("chunked"::equalsIgnoreCase)
                .isPresent()) {
            var all = new ByteArrayOutputStream();
            while (true) {
                var size = line();
                if (size == null) {
                    throw new IOException("cut inside a chunked body");
                }
                int length = Integer.parseInt(size.split(";")[0].strip(), 16);
                if (length == 0) {
                    while (!"".equals(line())) {
                        continue;
                    }
                    return all.toString(StandardCharsets.ISO_8859_1);
                }
                all.write(in.readNBytes(length));
                line();
            }
        }
        var length = response.header("Content-Length");
        var bytes = length.isPresent() ? in.readNBytes(Integer.parseInt(length.get())) : in.readAllBytes();
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    @com.google.errorprone.annotations.CanIgnoreReturnValue
    private @Nullable String line() throws IOException {
        var line = new ByteArrayOutputStream();
        for (int b = in.read(); b >= 0; b = in.read()) {
            if (b == '\n') {
                var text = line.toString(StandardCharsets.ISO_8859_1);
                return text.endsWith("\r") ? text.substring(0, text.length() - 1) : text;
            }
            line.write(b);
        }
        return line.size() == 0 ? null : line.toString(StandardCharsets.ISO_8859_1);
    }
}
