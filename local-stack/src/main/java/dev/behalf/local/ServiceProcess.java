package dev.behalf.local;

import dev.behalf.embedded.KafkaBroker;
import dev.behalf.kernel.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// One part of the stack in a process of its own: what [ChildProcess] starts. It ends with the launcher, however that
/// ends.
final class ServiceProcess {

    static final String KAFKA = "kafka";

    private ServiceProcess() {}

    /// @param args the part's name, the file with its settings, the process id of the launcher
    public static void main(String[] args) throws IOException {
        var name = args[0];
        Map<String, @Nullable Object> json = Json.readObject(Files.readAllBytes(Path.of(args[1])));
        endWith(Long.parseLong(args[2]));
        if (name.equals(KAFKA)) {
            var broker = KafkaBroker.start(
                    Path.of(String.valueOf(json.get("folder"))),
                    Integer.parseInt(String.valueOf(json.get("port"))),
                    Integer.parseInt(String.valueOf(json.get("controllerPort"))));
            Runtime.getRuntime().addShutdownHook(new Thread(broker::close, "shutdown"));
            return;
        }
        var settings = new HashMap<String, Object>();
        json.forEach((key, value) -> {
            if (value != null) {
                settings.put(key, value);
            }
        });
        Services.run(name, settings);
    }

    private static void endWith(long launcher) {
        var handle = ProcessHandle.of(launcher);
        if (handle.isEmpty()) {
            Runtime.getRuntime().halt(1);
        } else {
            var _ = handle.get().onExit().thenRun(() -> Runtime.getRuntime().exit(0));
        }
    }
}
