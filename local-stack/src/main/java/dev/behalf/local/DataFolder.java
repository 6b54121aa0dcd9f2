package dev.behalf.local;

import dev.behalf.embedded.Ports;
import dev.behalf.kernel.secret.Secret;
import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/// The folder of a stack: databases, topics, secrets, ports, logs. Only its owner can look into it.
final class DataFolder {

    private final Path root;
    private final Properties ports = new Properties();
    /// Kept reachable: a file that nothing refers to is closed, and its lock is gone.
    private @Nullable FileLock lock;

    private DataFolder(Path root) {
        this.root = root;
    }

    /// Opens the folder, which is made when it does not exist.
    ///
    /// @throws Refused when it cannot be written
    static DataFolder open(Path root) {
        try {
            if (!Files.isDirectory(root)) {
                Files.createDirectories(
                        root, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            }
            Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwx------"));
            // PostgreSQL's processes run as another user inside the folder when root starts them, but own it.
            var folder = new DataFolder(root);
            for (var name : new String[] {"logs", "secrets", "run"}) {
                Files.createDirectories(root.resolve(name));
            }
            if (Files.exists(folder.portsFile())) {
                folder.ports.load(new StringReader(Files.readString(folder.portsFile())));
            }
            return folder;
        } catch (IOException e) {
            throw new Refused("cannot write to " + root + ": " + reason(e));
        }
    }

    /// Opens the folder of a stack that is there.
    ///
    /// @throws Refused when there is none
    static DataFolder existing(Path root) {
        if (!Files.exists(root.resolve("run"))) {
            throw new Refused("there is no stack in " + root + "; start one with ./behalf up");
        }
        return open(root);
    }

    /// Keeps others from starting a stack on the same folder, until this process ends.
    ///
    /// @throws Refused when one is running
    void lock() {
        try {
            var file =
                    FileChannel.open(path("run").resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            lock = file.tryLock();
            if (lock == null) {
                file.close();
                throw new Refused("a stack is running on " + root + " already; see ./behalf status");
            }
        } catch (OverlappingFileLockException e) {
            throw new Refused("a stack is running on " + root + " already; see ./behalf status");
        } catch (IOException e) {
            throw new Refused("cannot write to " + root + ": " + reason(e));
        }
    }

    /// Refuses to begin what would end amid a full disk.
    ///
    /// @param mebibytes that must be free
    /// @throws Refused when fewer are
    void requireSpace(long mebibytes) {
        try {
            long free = Files.getFileStore(root).getUsableSpace() >> 20;
            if (free < mebibytes) {
                throw new Refused(
                        "the disk of " + root + " is full: " + free + " MiB are free, " + mebibytes + " are needed");
            }
        } catch (IOException e) {
            throw new Refused("cannot write to " + root + ": " + reason(e));
        }
    }

    Path root() {
        return root;
    }

    Path path(String name) {
        return root.resolve(name);
    }

    /// The secret of that name, made at first use and readable by the owner alone.
    Secret secret(String name) {
        return Secret.readOrCreate(path("secrets").resolve(name));
    }

    /// The secret of that name, if there is one already.
    Optional<Secret> knownSecret(String name) {
        var file = path("secrets").resolve(name);
        return Files.exists(file) ? Optional.of(Secret.read(file)) : Optional.empty();
    }

    /// Puts a secret in the place of the one of that name, if there was any; a reader sees the one or the other.
    void replaceSecret(String name, Secret secret) {
        try {
            Files.createDirectories(path("secrets"));
            var mode = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
            var file = Files.createTempFile(path("secrets"), name, ".new", mode);
            Files.writeString(file, secret.reveal());
            Files.move(file, path("secrets").resolve(name), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write the secret " + name, e);
        }
    }

    /// The port of that name: the same as last time unless somebody else has it now.
    ///
    /// @param kept it is in use by a part of this very stack that outlived it
    int port(String name, boolean kept) {
        try {
            var known = ports.getProperty(name);
            if (known != null && (kept || Ports.isFree(Integer.parseInt(known)))) {
                return Integer.parseInt(known);
            }
            int port = Ports.free();
            while (ports.containsValue(Integer.toString(port))) { // of a part that does not listen yet
                port = Ports.free();
            }
            ports.setProperty(name, Integer.toString(port));
            var text = new StringWriter();
            ports.store(text, null);
            Files.writeString(portsFile(), text.toString());
            return port;
        } catch (IOException e) {
            throw new Refused("cannot write to " + root + ": " + reason(e));
        }
    }

    int port(String name) {
        return port(name, false);
    }

    static String reason(IOException e) {
        return switch (e) {
            case java.nio.file.AccessDeniedException _ -> "permission denied";
            case java.nio.file.FileSystemException fault
            when fault.getReason() != null -> String.valueOf(fault.getReason());
            default -> String.valueOf(e.getMessage());
        };
    }

    private Path portsFile() {
        return path("run").resolve("ports.properties");
    }
}
