package dev.behalf.local;

import dev.behalf.kernel.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// `run/stack.json`: what runs where, for the other commands.
///
/// @param url   the public URL
/// @param parts every part of the stack
record RunFile(String url, List<Part> parts) {

    /// @param managementUrl empty for PostgreSQL and Kafka
    record Part(String name, long pid, String url, String managementUrl) {

        Map<String, Object> toJson() {
            var json = new LinkedHashMap<String, Object>();
            json.put("name", name);
            json.put("pid", pid);
            json.put("url", url);
            json.put("managementUrl", managementUrl);
            return json;
        }
    }

    void write(DataFolder folder) {
        var file = file(folder);
        var part = file.resolveSibling("stack.json.new");
        try {
            Files.write(
                    part,
                    Json.write(Map.of(
                            "url",
                            url,
                            "parts",
                            parts.stream().map(Part::toJson).toList())));
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new Refused("cannot write to " + folder.root() + ": " + DataFolder.reason(e));
        }
    }

    /// @throws Refused when no stack has run on the folder
    static RunFile read(DataFolder folder) {
        try {
            var json = Json.readObject(Files.readAllBytes(file(folder)));
            var parts = new ArrayList<Part>();
            if (json.get("parts") instanceof List<?> list) {
                for (var item : list) {
                    if (item instanceof Map<?, ?> part) {
                        parts.add(new Part(
                                String.valueOf(part.get("name")),
                                Long.parseLong(String.valueOf(part.get("pid"))),
                                String.valueOf(part.get("url")),
                                String.valueOf(part.get("managementUrl"))));
                    }
                }
            }
            return new RunFile(String.valueOf(json.get("url")), List.copyOf(parts));
        } catch (IOException e) {
            throw new Refused("no stack runs on " + folder.root() + "; start one with ./behalf up");
        }
    }

    static void delete(DataFolder folder) {
        try {
            Files.deleteIfExists(file(folder));
        } catch (IOException e) {
            Console.say("cannot delete " + file(folder) + ": " + DataFolder.reason(e));
        }
    }

    private static Path file(DataFolder folder) {
        return folder.path("run").resolve("stack.json");
    }
}
