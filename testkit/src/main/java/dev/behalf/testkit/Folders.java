package dev.behalf.testkit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;

/// Temporary folders of servers.
final class Folders {

    private Folders() {}

    /// Deletes the folder and all in it; a file that stays is no reason to fail a test.
    static void delete(Path folder) {
        try (var paths = Files.walk(folder)) {
            for (var path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        } catch (IOException e) {
            System.err.println("testkit: " + folder + " was not deleted: " + e.getMessage());
        }
    }
}
