package dev.behalf.vault;

import dev.behalf.kernel.json.Json;
import dev.behalf.testkit.TestPostgres;
import dev.behalf.vault.crypto.Envelopes;
import dev.behalf.vault.crypto.SealingContext;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/// Measures the vault, for `bench/measure/vault.py`: reads of a token with and without a cache of data keys,
/// encryption beside the bare cipher, and wrapping 100,000 data keys anew while tokens are read. The vault is a
/// process of its own; the database and who asks are others.
final class VaultFigures {

    private static final List<String> OPTIONS = List.of(
            "-Xmx96m",
            "-XX:MaxDirectMemorySize=32m",
            "-XX:ReservedCodeCacheSize=40m",
            "-Xss512k",
            "-XX:+UseSerialGC",
            "-XX:+UseCompactObjectHeaders");
    private static final int CALLERS = 16;
    private static final double WARM = 30; // seconds of CPU
    private static final int ROWS = 100_000;
    private static final int BYTES = 2048;

    /// @param nanos of each read, in order of length
    @SuppressWarnings("ArrayRecordComponent") // nobody compares them
    private record Reads(long[] nanos, double seconds, double cpuSeconds) {
        long perSecond() {
            return Math.round(nanos.length / seconds);
        }

        String text() {
            return "%d reads a second, p50 %.2f ms, p99 %.2f ms, %.0f us of CPU each"
                    .formatted(perSecond(), at(50), at(99), cpuSeconds * 1e6 / nanos.length);
        }

        private double at(int percent) {
            return nanos[(int) Math.min(nanos.length - 1L, nanos.length * (long) percent / 100)] / 1e6;
        }
    }

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final RotatingProvider provider = RotatingProvider.start();
    private final Path folder = Files.createTempDirectory("vault-figures");
    private final Duration each;

    private VaultFigures(Duration each) throws IOException {
        this.each = each;
        provider.lifetime(Duration.ofHours(10));
    }

    static void main(String[] arguments) throws Exception {
        var figures = new VaultFigures(Duration.ofSeconds(arguments.length == 0 ? 8 : Integer.parseInt(arguments[0])));
        figures.encryption();
        figures.reads("10000");
        figures.reads("0");
        System.exit(0);
    }

    private void reads(String cacheEntries) throws Exception {
        var database = TestPostgres.shared().newDatabase();
        var settings = new HashMap<>(provider.settings(folder));
        settings.remove("behalf.test.clock");
        settings.put("behalf.vault.keys.cache-entries", cacheEntries);
        try (var here = RunningVault.start(database, settings);
                var vault = VaultProcess.start(
                        RunningVault.settings(database, settings), folder, "vault-" + cacheEntries, OPTIONS)) {
            var user = new VaultUser();
            user.allow(here, user.connect(here, provider, "octocat"));
            int port = vault.port();
            say("data keys remembered: " + cacheEntries);
            double cpu = vault.cpuSeconds();
            while (vault.cpuSeconds() - cpu < WARM) {
                var _ = read(vault, port, user, each);
            }
            var quiet = read(vault, port, user, each);
            say("  " + quiet.text());
            say("  memory under load: " + vault.memoryMib() + " MiB");
            if (!cacheEntries.equals("0")) {
                copyRows(database);
                rotation(vault, here, port, user, quiet);
            }
        }
    }

    private static void copyRows(Map<String, String> database) throws SQLException {
        try (var connection = DriverManager.getConnection(
                        "jdbc:postgresql://" + database.get("behalf.database.host") + ":"
                                + database.get("behalf.database.port") + "/" + database.get("behalf.database.name"),
                        database.get("behalf.database.user"),
                        database.get("behalf.database.password"));
                var statement = connection.createStatement()) {
            statement.execute(
                    "INSERT INTO sealed_secret (tenant, owner, record, field, version, kek_id, wrapped_dek, sealed,"
                            + " changed_at) SELECT tenant, owner, 'copy/' || n, field, version, kek_id, wrapped_dek,"
                            + " sealed, changed_at FROM sealed_secret, generate_series(1, " + ROWS + ") n"
                            + " WHERE record LIKE 'connection/%'");
            statement.execute("ANALYZE sealed_secret");
        }
    }

    private void rotation(VaultProcess vault, RunningVault here, int port, VaultUser user, Reads quiet)
            throws Exception {
        long begun = System.nanoTime();
        var started = http.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/api/v1/vault/keys/rotations"))
                        .header("Authorization", RunningVault.operator(RunningVault.ALL_SCOPES))
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString("{\"key\":\"new\"}"))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        var id = Json.readObject(started.body()).get("id");
        var busy = read(vault, port, user, each);
        say("  while %d data keys are wrapped anew: %s (%.0f %% of the reads before)"
                .formatted(ROWS, busy.text(), 100.0 * busy.perSecond() / quiet.perSecond()));
        while (true) {
            var state = RunningVault.json(here.get("/api/v1/vault/keys/rotations/" + id));
            if ("finished".equals(state.get("state"))) {
                double seconds = (System.nanoTime() - begun) / 1e9;
                say("  all of them: %.1f s, %.0f a second, failed %s"
                        .formatted(seconds, ROWS / seconds, state.get("failed")));
                return;
            }
            Thread.sleep(50);
        }
    }

    private Reads read(VaultProcess vault, int port, VaultUser user, Duration duration) throws Exception {
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/api/v1/connections/demo/token"))
                .header("Authorization", RunningVault.agent(user.name(), VaultUser.AGENT, "connections:use"))
                .build();
        var all = new ConcurrentLinkedQueue<Long>();
        long begun = System.nanoTime();
        double cpu = vault.cpuSeconds();
        try (var callers = Executors.newVirtualThreadPerTaskExecutor()) {
            Callable<Integer> caller = () -> {
                while (System.nanoTime() - begun < duration.toNanos()) {
                    long before = System.nanoTime();
                    var reply = http.send(request, HttpResponse.BodyHandlers.ofByteArray());
                    if (reply.statusCode() != 200) {
                        throw new IllegalStateException("status " + reply.statusCode());
                    }
                    all.add(System.nanoTime() - before);
                }
                return 0;
            };
            for (var done : callers.invokeAll(
                    IntStream.range(0, CALLERS).mapToObj(_ -> caller).toList())) {
                done.get();
            }
        }
        double seconds = (System.nanoTime() - begun) / 1e9;
        return new Reads(all.stream().mapToLong(Long::longValue).sorted().toArray(), seconds, vault.cpuSeconds() - cpu);
    }

    private void encryption() throws Exception {
        try (var vault = RunningVault.start(provider.settings(folder))) {
            var envelopes = vault.bean(Envelopes.class);
            var context = new SealingContext("default", "owner", "record", "field", 1);
            var plaintext = new byte[BYTES];
            Arrays.fill(plaintext, (byte) 7);
            var envelope =
                    Objects.requireNonNull(envelopes.seal(plaintext, context).block());
            var key = new SecretKeySpec(new byte[32], "AES");
            var cipher = Cipher.getInstance("AES/GCM/NoPadding");
            var nonce = new byte[12];
            double seal = micros(() -> envelopes.seal(plaintext, context).block());
            double open = micros(() -> envelopes.open(envelope, context).block());
            double bare = micros(() -> {
                for (int i = 0; i < nonce.length && ++nonce[i] == 0; i++) {}
                cipher.init(Cipher.ENCRYPT_MODE, key, new GCMParameterSpec(128, nonce));
                cipher.updateAAD(nonce);
                return cipher.doFinal(plaintext);
            });
            say("2 KiB: seal %.1f us, open %.1f us, AES-256-GCM alone %.1f us".formatted(seal, open, bare));
        }
    }

    /// Of one call, warm.
    private double micros(Callable<?> work) throws Exception {
        double last = 0;
        for (int round = 0; round < 4; round++) {
            int count = 0;
            long begun = System.nanoTime();
            while (System.nanoTime() - begun < each.toNanos() / 4) {
                Objects.requireNonNull(work.call());
                count++;
            }
            last = (System.nanoTime() - begun) / 1e3 / count;
        }
        return last;
    }

    private static void say(String line) {
        System.out.println(line); // it is what the program is for
    }
}
