package dev.behalf.local;

import dev.behalf.kernel.json.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/// A part of the stack as a child process. Once it is kept, it is started again whenever it dies.
final class ChildProcess implements Launch {

    private static final int STOP_WITHIN_SECONDS = 15;
    private static final String SERVICE_HEAP = "-Xmx112m"; // about what a container of 256 MiB gives it
    private static final String BROKER_HEAP = "-Xmx256m";

    private final String name;
    private final List<String> command;
    private final Path log;
    private volatile boolean kept;
    private volatile Process process;

    private ChildProcess(String name, List<String> command, Path log) {
        this.name = name;
        this.command = command;
        this.log = log;
        this.process = launch();
    }

    /// @param settings handed over in a file that only the owner can read, never on the command line
    static ChildProcess start(String name, Map<String, Object> settings, DataFolder folder, List<String> jvmOptions) {
        var file = folder.path("run").resolve(name + ".json");
        try {
            Files.deleteIfExists(file);
            Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            Files.write(file, Json.write(settings));
        } catch (IOException e) {
            throw new Refused("cannot write to " + folder.root() + ": " + DataFolder.reason(e));
        }
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(jvmOptions);
        command.add(name.equals(ServiceProcess.KAFKA) ? BROKER_HEAP : SERVICE_HEAP);
        command.add("-cp");
        command.add(System.getProperty("java.class.path"));
        command.add(ServiceProcess.class.getName());
        command.add(name);
        command.add(file.toString());
        command.add(Long.toString(ProcessHandle.current().pid()));
        return new ChildProcess(name, command, folder.path("logs").resolve(name + ".log"));
    }

    @Override
    public long pid() {
        return process.pid();
    }

    @Override
    public boolean isAlive() {
        return process.isAlive();
    }

    @Override
    public synchronized void keep(Runnable again) {
        kept = true;
        watch(again);
    }

    @Override
    public synchronized void release() {
        kept = false;
    }

    @Override
    public void close() {
        release();
        process.destroy();
        try {
            if (!process.waitFor(STOP_WITHIN_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }

    private Process launch() {
        try {
            return new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void watch(Runnable again) {
        var _ = process.onExit().thenAcceptAsync(ended -> again(ended, again));
    }

    private void again(Process ended, Runnable again) {
        try {
            TimeUnit.MILLISECONDS.sleep(500); // one that cannot start must not spin
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        synchronized (this) {
            if (!kept) {
                return;
            }
            Console.say(name + " ended with status " + ended.exitValue() + " and is started again; its log: " + log);
            process = launch();
            watch(again);
        }
        again.run();
    }
}
