package dev.behalf.vault;

import dev.behalf.kernel.json.Json;
import io.micronaut.runtime.server.EmbeddedServer;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/// A vault in a process of its own, which can be killed.
public final class VaultProcess implements AutoCloseable {

    private static final long PATIENCE = TimeUnit.MINUTES.toNanos(3);

    private final Process process;
    private final Path portFile;
    private final Path output;

    private VaultProcess(Process process, Path portFile, Path output) {
        this.process = process;
        this.portFile = portFile;
        this.output = output;
    }

    /// One that starts as fast as can be, and is slow then.
    private static final List<String> SHORT_LIVED = List.of("-Xmx200m", "-XX:TieredStopAtLevel=1");

    /// Begins to start it; [#port] waits until it has.
    ///
    /// @param settings of a vault
    /// @param folder   for its files
    public static VaultProcess start(Map<String, Object> settings, Path folder, String name) {
        return start(settings, folder, name, SHORT_LIVED);
    }

    /// The same with other options of the virtual machine.
    static VaultProcess start(Map<String, Object> settings, Path folder, String name, List<String> options) {
        try {
            var file = Files.write(folder.resolve(name + ".json"), Json.write(new HashMap<String, Object>(settings)));
            var portFile = folder.resolve(name + ".port");
            var output = folder.resolve(name + ".log");
            var command = new ArrayList<String>();
            command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
            command.addAll(options);
            command.addAll(List.of(
                    "-cp",
                    System.getProperty("java.class.path"),
                    VaultProcess.class.getName(),
                    file.toString(),
                    portFile.toString()));
            var process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
            return new VaultProcess(process, portFile, output);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// In the other process: settings, and the file into which the port is written.
    static void main(String[] arguments) throws IOException {
        var settings = new HashMap<String, Object>();
        Json.readObject(Files.readAllBytes(Path.of(arguments[0]))).forEach((name, value) -> {
            if (value != null) {
                settings.put(name, value);
            }
        });
        var port = TokenVault.start(settings).getBean(EmbeddedServer.class).getPort();
        var written = Files.writeString(Path.of(arguments[1] + ".new"), Integer.toString(port));
        if (!written.toFile().renameTo(new File(arguments[1]))) {
            throw new IOException("cannot tell the port");
        }
    }

    public int port() {
        long end = System.nanoTime() + PATIENCE;
        while (!Files.exists(portFile)) {
            if (!process.isAlive() || System.nanoTime() > end) {
                throw new AssertionError("the vault did not start:\n" + output());
            }
            LockSupport.parkNanos(20_000_000);
        }
        try {
            return Integer.parseInt(Files.readString(portFile));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// What it has logged.
    public String output() {
        try {
            return Files.readString(output);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// User and system time so far.
    public double cpuSeconds() {
        return process.info().totalCpuDuration().orElseThrow().toMillis() / 1e3;
    }

    /// What it has in memory; pages that it shares count in part.
    public long memoryMib() {
        try (var lines = Files.lines(Path.of("/proc", Long.toString(process.pid()), "smaps_rollup"))) {
            return lines.filter(line -> line.startsWith("Pss:"))
                            .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
                            .findFirst()
                            .orElseThrow()
                    / 1024;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// As `kill -9` does.
    public void kill() {
        try {
            process.destroyForcibly().waitFor();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        kill();
    }
}
