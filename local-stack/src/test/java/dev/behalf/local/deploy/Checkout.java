package dev.behalf.local.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/// The files of this checkout.
final class Checkout {

    /// The folder above the module's, in which surefire runs the tests.
    static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

    private Checkout() {}

    static Path path(String name) {
        return ROOT.resolve(name);
    }

    static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// The documents of a YAML text; a key that stands twice is a fault.
    static List<Map<?, ?>> documents(String yaml) {
        var options = new LoaderOptions();
        options.setAllowDuplicateKeys(false);
        return StreamSupport.stream(
                        new Yaml(new SafeConstructor(options)).loadAll(yaml).spliterator(), false)
                .<Map<?, ?>>map(Checkout::map)
                .toList();
    }

    /// What must be a map; an absent one is empty.
    static Map<?, ?> map(Object value) {
        assertThat(value).isInstanceOf(Map.class);
        return (Map<?, ?>) value;
    }

    static Map<?, ?> mapAt(Map<?, ?> parent, String key) {
        var value = parent.get(key);
        return value == null ? Map.of() : map(value);
    }

    static List<?> listAt(Map<?, ?> parent, String key) {
        var value = parent.get(key);
        if (value == null) {
            return List.of();
        }
        assertThat(value).as(key).isInstanceOf(List.class);
        return (List<?>) value;
    }

    static List<String> wordsAt(Map<?, ?> parent, String key) {
        return listAt(parent, key).stream().map(String::valueOf).toList();
    }

    /// The files of a folder that end so, in order.
    static List<Path> files(Path folder, String end) {
        try (var files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(end)).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// How a command ended.
    record Run(int status, String output) {}

    static Run run(Path folder, String... command) {
        try {
            var process = new ProcessBuilder(command)
                    .directory(folder.toFile())
                    .redirectErrorStream(true)
                    .start();
            process.getOutputStream().close();
            var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return new Run(process.waitFor(), output);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
