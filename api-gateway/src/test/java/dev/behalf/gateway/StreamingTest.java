package dev.behalf.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.testkit.Eventually;
import dev.behalf.testkit.RawHttp;
import dev.behalf.testkit.RawUpstream;
import dev.behalf.testkit.RecordingUpstream;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Bodies pass as they come, in both directions, as fast as the slower side takes them and in bounded memory; and
/// when one side ends, the other is told.
@Timeout(120)
@SuppressWarnings("StringConcatToTextBlock") // the line ends are what the tests are about
class StreamingTest {

    private static final long LARGE = 200L << 20;

    /// Far less than [#LARGE], far more than the sockets' buffers on both sides and what the gateway may hold.
    private static final long HELD_AT_MOST = 60L << 20;

    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    @Test
    void aLargeUploadWaitsForASlowUpstreamAndArrivesWhole() throws Exception {
        var go = new CountDownLatch(1);
        var arrived = new CompletableFuture<Long>();
        try (var upstream = new RawUpstream((_, in, out) -> {
                    RawUpstream.readHead(in);
                    go.await();
                    arrived.complete(checksum(in, LARGE));
                    RecordingUpstream.write(out, OK);
                });
                var gateway = start(upstream, "limits: {body: 1GiB}");
                var client = RawHttp.connect(gateway.port())) {
            client.send("POST / HTTP/1.1\r\nHost: open.example\r\nContent-Length: " + LARGE + "\r\n\r\n");
            var written = new AtomicLong();
            var sent = CompletableFuture.supplyAsync(() -> pour(client, written));

            assertThat(whenStill(written)).isBetween(1L << 16, HELD_AT_MOST);
            assertThat(directMemory()).isLessThan(HELD_AT_MOST);
            go.countDown();

            assertThat(client.read().orElseThrow().status()).isEqualTo(200);
            assertThat(arrived.get(1, TimeUnit.MINUTES)).isEqualTo(sent.get());
        }
    }

    @Test
    void aLargeDownloadWaitsForASlowClientAndArrivesWhole() throws Exception {
        var written = new AtomicLong();
        var sent = new CompletableFuture<Long>();
        try (var upstream = new RawUpstream((_, in, out) -> {
                    RawUpstream.readHead(in);
                    RecordingUpstream.write(out, "HTTP/1.1 200 OK\r\nContent-Length: " + LARGE + "\r\n\r\n");
                    sent.complete(pour(out, written));
                    RawUpstream.readHead(in);
                });
                var gateway = start(upstream, "limits: {body: 1KiB}");
                var client = RawHttp.connect(gateway.port())) {
            client.send("GET / HTTP/1.1\r\nHost: open.example\r\n\r\n");

            assertThat(whenStill(written)).isBetween(1L << 16, HELD_AT_MOST);
            assertThat(directMemory()).isLessThan(HELD_AT_MOST);

            assertThat(RawUpstream.readHead(client.in())).isEqualTo("HTTP/1.1 200 OK");
            assertThat(checksum(client.in(), LARGE)).isEqualTo(sent.get(1, TimeUnit.MINUTES));
        }
    }

    @Test
    void aSlowClientGetsTheWholeOfAnAnswerThatEndsItsConnection() throws Exception {
        int size = 300 * 1024;
        try (var upstream = new RawUpstream((_, in, out) -> {
                    RawUpstream.readHead(in);
                    RecordingUpstream.write(out, "HTTP/1.1 200 OK\r\nContent-Length: " + size + "\r\n\r\n");
                    out.write(new byte[size]);
                });
                var gateway = start(upstream, "upgrades: false");
                var client = RawHttp.connect(gateway.port(), 8 * 1024)) {
            client.send("GET / HTTP/1.0\r\nHost: open.example\r\n\r\n");
            assertThat(RawUpstream.readHead(client.in())).isEqualTo("HTTP/1.1 200 OK");
            long read = 0;
            var buffer = new byte[4 * 1024];
            for (int n = client.in().read(buffer); n >= 0; n = client.in().read(buffer)) {
                read += n;
                LockSupport.parkNanos(40_000_000); // how slow this client is
            }
            assertThat(read).isEqualTo(size);
        }
    }

    @Test
    void eachPartOfAStreamPassesAtOnceBothWays() throws Exception {
        try (var upstream = new RawUpstream((_, in, out) -> {
                    RawUpstream.readHead(in);
                    RecordingUpstream.write(
                            out,
                            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
                    while (true) {
                        var chunk = line(in) + "\r\n" + line(in) + "\r\n"; // its size and its one line, said again
                        RecordingUpstream.write(out, chunk);
                    }
                });
                var gateway = start(upstream, "upgrades: false");
                var client = RawHttp.connect(gateway.port())) {
            client.send("POST / HTTP/1.1\r\nHost: open.example\r\nTransfer-Encoding: chunked\r\n\r\n");
            assertThat(RawUpstream.readHead(client.in())).isEqualTo("HTTP/1.1 200 OK");
            for (int i = 0; i < 50; i++) {
                client.send("5\r\npart" + i % 10 + "\r\n");
                assertThat(line(client.in())).isEqualTo("5");
                assertThat(line(client.in())).isEqualTo("part" + i % 10);
            }
        }
    }

    @Test
    void anUploadThatIsAbortedIsNotWholeForTheUpstreamEither() throws Exception {
        var end = new CompletableFuture<String>();
        try (var upstream = new RawUpstream((_, in, _) -> {
                    RawUpstream.readHead(in);
                    try {
                        long read = 0;
                        while (in.read() >= 0) {
                            read++;
                        }
                        end.complete("closed after " + read);
                    } catch (IOException e) {
                        end.complete("reset");
                    }
                });
                var gateway = start(upstream, "upgrades: false")) {
            try (var client = RawHttp.connect(gateway.port())) {
                client.send("POST / HTTP/1.1\r\nHost: open.example\r\nContent-Length: 1000\r\n\r\npart");
                Eventually.holds("it is under way", () -> gateway.gauge("behalf.gateway.requests") == 1);
            }
            assertThat(end.get(20, TimeUnit.SECONDS)).isIn("closed after 4", "closed after 0", "reset");
            Eventually.holds("it is no longer under way", () -> gateway.gauge("behalf.gateway.requests") == 0);
        }
    }

    @Test
    void aClientThatLeavesInTheMiddleOfADownloadEndsIt() throws Exception {
        var ended = new CountDownLatch(1);
        try (var upstream = new RawUpstream((_, in, out) -> {
                    RawUpstream.readHead(in);
                    RecordingUpstream.write(out, "HTTP/1.1 200 OK\r\nContent-Length: " + LARGE + "\r\n\r\n");
                    try {
                        var _ = pour(out, new AtomicLong());
                    } catch (java.io.UncheckedIOException e) {
                        ended.countDown();
                    }
                });
                var gateway = start(upstream, "upgrades: false")) {
            try (var client = RawHttp.connect(gateway.port())) {
                client.send("GET / HTTP/1.1\r\nHost: open.example\r\n\r\n");
                assertThat(client.readSome()).isNotEmpty();
            }
            assertThat(ended.await(20, TimeUnit.SECONDS)).isTrue();
            Eventually.holds("it is no longer under way", () -> gateway.gauge("behalf.gateway.requests") == 0);
        }
    }

    @Test
    void aBodyThatGrowsBeyondTheLimitIs413AndNotWholeForTheUpstream() {
        try (var upstream = new RecordingUpstream();
                var gateway = TestGateway.start(
                        "routes:\n"
                                + TestGateway.route(
                                        "open.example", upstream.url(), "access: open, limits: {body: 1KiB}"),
                        Map.of())) {
            var chunk = "100\r\n" + "x".repeat(256) + "\r\n";
            var head = "POST / HTTP/1.1\r\nHost: open.example\r\nTransfer-Encoding: chunked\r\n\r\n";

            assertThat(gateway.send(head + chunk.repeat(4) + "0\r\n\r\n").status())
                    .isEqualTo(200);
            assertThat(upstream.take().body()).hasSize(1024);
            assertThat(gateway.send(head + chunk.repeat(5) + "0\r\n\r\n").status())
                    .isEqualTo(413);
            Eventually.holds("the upstream connection is dropped", () -> upstream.openConnections() == 0);
            while (upstream.pending() > 0) {
                assertThat(upstream.take().complete()).isFalse();
            }
        }
    }

    private static TestGateway start(RawUpstream upstream, String members) {
        return TestGateway.start(
                "routes:\n" + TestGateway.route("open.example", upstream.url(), "access: open, " + members), Map.of());
    }

    /// Writes the large body; returns its checksum.
    private static long pour(OutputStream out, AtomicLong written) {
        var crc = new CRC32();
        var block = new byte[64 * 1024];
        try {
            while (written.get() < LARGE) {
                for (int i = 0; i < block.length; i += 512) {
                    block[i] = (byte) (written.get() / block.length + i);
                }
                out.write(block);
                crc.update(block);
                written.addAndGet(block.length);
            }
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
        return crc.getValue();
    }

    private static long pour(RawHttp client, AtomicLong written) {
        try {
            return pour(client.out(), written);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static long checksum(InputStream in, long size) throws IOException {
        var crc = new CRC32();
        var buffer = new byte[64 * 1024];
        for (long left = size; left > 0; ) {
            int n = in.read(buffer, 0, (int) Math.min(buffer.length, left));
            if (n < 0) {
                throw new IOException("cut with " + left + " bytes left");
            }
            crc.update(buffer, 0, n);
            left -= n;
        }
        return crc.getValue();
    }

    /// The count when it has not grown for a while: whoever counts is being held back.
    private static long whenStill(AtomicLong count) {
        var since = new AtomicLong(System.nanoTime());
        var last = new AtomicLong(-1);
        Eventually.holds("it stands still", () -> {
            long now = count.get();
            if (now != last.getAndSet(now)) {
                since.set(System.nanoTime());
            }
            return now > 0 && System.nanoTime() - since.get() > TimeUnit.SECONDS.toNanos(1);
        });
        return count.get();
    }

    private static long directMemory() {
        return ((ByteBufAllocatorMetricProvider) ByteBufAllocator.DEFAULT)
                .metric()
                .usedDirectMemory();
    }

    private static String line(InputStream in) throws IOException {
        var line = new StringBuilder();
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) {
                throw new IOException("the end");
            }
            if (b != '\r') {
                line.append((char) b);
            }
        }
        return line.toString();
    }
}
