package dev.behalf.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/// The scripts of `interop`, in which clients that others wrote are used as npm has them.
public final class NodeScript {

    private static final Path FOLDER = Path.of("..", "interop").toAbsolutePath().normalize();
    private static final int SECONDS = 120;

    private NodeScript() {}

    /// Runs it, and returns what it printed. The test is skipped where there is no Node.js, and says so.
    ///
    /// @throws AssertionError when it fails
    public static synchronized String run(String name, Map<String, String> environment) {
        if (!isThere()) {
            System.out.println(name + ".mjs is skipped: there is no Node.js");
            Assumptions.abort("there is no Node.js");
        }
        if (!Files.isDirectory(FOLDER.resolve("node_modules"))) {
            var _ = run(List.of("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"), Map.of());
        }
        return run(List.of("node", name + ".mjs"), environment);
    }

    private static boolean isThere() {
        try {
            return new ProcessBuilder("node", "--version")
                            .redirectErrorStream(true)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String run(List<String> command, Map<String, String> environment) {
        try {
            var builder = new ProcessBuilder(new ArrayList<>(command))
                    .directory(FOLDER.toFile())
                    .redirectErrorStream(true);
            builder.environment().putAll(environment);
            var process = builder.start();
            var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!process.waitFor(SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
                throw new AssertionError(String.join(" ", command) + " failed:\n" + output);
            }
            return output;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
