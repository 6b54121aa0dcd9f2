package dev.behalf.vault.crypto.local;

import dev.behalf.kernel.json.InvalidJson;
import dev.behalf.kernel.json.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// The keystore file: JSON with the id of the primary key and all keys. It is replaced as a whole, so that a
/// reader, and a machine that loses power, has the old one or the new one.
final class KeyFile {

    private static final long FORMAT = 1;
    private static final int MAX_BYTES = 1024 * 1024;
    private static final Set<PosixFilePermission> FILE_MODE = PosixFilePermissions.fromString("rw-------");
    private static final Set<PosixFilePermission> FOLDER_MODE = PosixFilePermissions.fromString("rwx------");

    /// Threads of this process take turns; processes do by a lock on a file.
    private static final Object TURN = new Object();

    private final Path file;

    KeyFile(Path file) {
        this.file = file.toAbsolutePath();
    }

    /// What the file holds now.
    ///
    /// @throws IllegalStateException when it does not exist, others may read it, or it is not whole
    LocalKeyRing read() {
        try {
            refuseWider(folder(), FOLDER_MODE);
            refuseWider(file, FILE_MODE);
            if (Files.size(file) > MAX_BYTES) {
                throw broken("is too large");
            }
            return parse(Files.readAllBytes(file));
        } catch (IOException e) {
            throw new UncheckedIOException("the keystore " + file + " cannot be read", e);
        }
    }

    /// Tells when the file was replaced.
    Object stamp() throws IOException {
        var attributes = Files.readAttributes(file, java.nio.file.attribute.BasicFileAttributes.class);
        return List.of(attributes.lastModifiedTime(), attributes.size(), String.valueOf(attributes.fileKey()));
    }

    /// What the file holds; it is made with a first key when it does not exist.
    LocalKeyRing readOrCreate() {
        return exclusively(() -> {
            if (Files.exists(file)) {
                return read();
            }
            var ring = LocalKeyRing.first();
            write(ring);
            return ring;
        });
    }

    /// Changes what the file holds now, whoever changed it before.
    LocalKeyRing change(UnaryOperator<LocalKeyRing> how) {
        return exclusively(() -> {
            var changed = how.apply(read());
            write(changed);
            return changed;
        });
    }

    @FunctionalInterface
    private interface Work {
        LocalKeyRing run() throws IOException;
    }

    private LocalKeyRing exclusively(Work work) {
        synchronized (TURN) {
            try {
                Files.createDirectories(folder(), PosixFilePermissions.asFileAttribute(FOLDER_MODE));
                refuseWider(folder(), FOLDER_MODE);
                var lock = file.resolveSibling(file.getFileName() + ".lock");
                try (var channel = FileChannel.open(
                                lock,
                                Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
                                PosixFilePermissions.asFileAttribute(FILE_MODE));
                        var _ = channel.lock()) {
                    return work.run();
                }
            } catch (IOException e) {
                throw new UncheckedIOException("the keystore " + file + " cannot be used", e);
            }
        }
    }

    private void write(LocalKeyRing ring) throws IOException {
        var next = Files.createTempFile(
                folder(), file.getFileName().toString(), ".new", PosixFilePermissions.asFileAttribute(FILE_MODE));
        try {
            try (var channel = FileChannel.open(next, StandardOpenOption.WRITE)) {
                var bytes = ByteBuffer.wrap(Json.write(toJson(ring)));
                while (bytes.hasRemaining()) {
                    var _ = channel.write(bytes);
                }
                channel.force(true);
            }
            Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(next);
        }
        try (var directory = FileChannel.open(folder(), StandardOpenOption.READ)) {
            directory.force(true);
        }
    }

    private static Map<String, Object> toJson(LocalKeyRing ring) {
        var keys = new ArrayList<Map<String, Object>>();
        ring.keys()
                .forEach((id, key) ->
                        keys.add(Map.of("id", id, "key", Base64.getEncoder().encodeToString(key.reveal()))));
        return Map.of("format", FORMAT, "primary", ring.primary(), "keys", keys);
    }

    private LocalKeyRing parse(byte[] bytes) {
        if (bytes.length == 0) {
            throw broken("is empty");
        }
        try {
            var json = Json.readObject(bytes);
            if (!Long.valueOf(FORMAT).equals(json.get("format"))
                    || !(json.get("primary") instanceof String primary)
                    || !(json.get("keys") instanceof List<?> keys)) {
                throw broken("is not of a known format");
            }
            return LocalKeyRing.of(primary, keys.stream().map(KeyFile::key).toList());
        } catch (InvalidJson | IllegalArgumentException e) {
            throw broken("is damaged: " + e.getMessage());
        }
    }

    private static LocalKey key(@Nullable Object json) {
        if (json instanceof Map<?, ?> member
                && member.get("id") instanceof String id
                && member.get("key") instanceof String key) {
            byte[] bytes;
            try {
                bytes = Base64.getDecoder().decode(key);
            } catch (IllegalArgumentException e) {
                // its message may quote the text, which is a key
                throw new IllegalArgumentException("the key " + id + " is not base64", null);
            }
            return LocalKey.of(id, bytes);
        }
        throw new IllegalArgumentException("a key has no id or no bytes");
    }

    private static void refuseWider(Path path, Set<PosixFilePermission> mode) throws IOException {
        var permissions = Files.getPosixFilePermissions(path);
        if (!mode.containsAll(permissions)) {
            throw new IllegalStateException(path + " holds the keys of the vault and must be for its owner alone (mode "
                    + PosixFilePermissions.toString(mode) + "), but is "
                    + PosixFilePermissions.toString(permissions));
        }
    }

    private Path folder() {
        return java.util.Objects.requireNonNull(file.getParent(), "a file has a folder");
    }

    private IllegalStateException broken(String how) {
        return new IllegalStateException("the keystore " + file + " " + how);
    }
}
