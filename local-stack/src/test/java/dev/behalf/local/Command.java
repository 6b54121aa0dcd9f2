package dev.behalf.local;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;

/// A run of the command line as a process of its own, as `./behalf` makes it.
final class Command {

    private static final Duration PATIENCE = Duration.ofMinutes(3);

    private final Process process;
    private final AtomicReference<String> output = new AtomicReference<>("");
    private final CompletableFuture<Void> outputEnded;

    private Command(Process process) {
        this.process = process;
        this.outputEnded = CompletableFuture.runAsync(
                this::read, command -> Thread.ofVirtual().start(command));
    }

    static Command start(Path data, List<String> words) {
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(
                "-Xmx300m",
                "-Xss512k",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Dlogback.configurationFile="
                        + (words.contains("up") ? "local-stack/logback.xml" : "local-stack/quiet.xml"),
                "-Dbehalf.logs=" + data.resolve("logs"),
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName()));
        command.addAll(words);
        command.addAll(List.of("--data", data.toString()));
        try {
            return new Command(
                    new ProcessBuilder(command).redirectErrorStream(true).start());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Runs it to its end and returns what it printed.
    static String run(Path data, String... words) {
        var command = start(data, List.of(words));
        command.awaitEnd();
        return command.output().strip();
    }

    Process process() {
        return process;
    }

    String output() {
        return output.get();
    }

    /// Waits until it has printed that, and fails when it ends before.
    void await(String text) {
        waitUntil("'" + text + "' in: " + output(), () -> {
            if (outputEnded.isDone() && !output().contains(text)) {
                throw new AssertionError("ended without saying '" + text + "':\n" + output());
            }
            return output().contains(text);
        });
    }

    /// Waits for its end.
    ///
    /// @return the exit status
    @CanIgnoreReturnValue
    int awaitEnd() {
        try {
            if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                throw new AssertionError("still running:\n" + output());
            }
            outputEnded.join();
            return process.exitValue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /// Waits for a condition that will come true.
    static void waitUntil(String what, BooleanSupplier condition) {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new AssertionError("waited in vain for " + what);
            }
            try {
                Thread.sleep(20);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private void read() {
        try (var reader = new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8)) {
            var buffer = new char[4096];
            for (int read = reader.read(buffer); read >= 0; read = reader.read(buffer)) {
                append(new String(buffer, 0, read));
            }
        } catch (IOException e) {
            append("\n[" + e.getMessage() + "]\n");
        }
    }

    private void append(String text) {
        var _ = output.updateAndGet(before -> before + text);
    }
}
