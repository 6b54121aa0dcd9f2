package dev.behalf.kernel.secret;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Base64;

/// A secret text. It prints as `[redacted]` and has no `equals`; [#reveal] hands it out and greps well.
public final class Secret {

    private static final SecureRandom RANDOM = new SecureRandom();

    private final String text;

    private Secret(String text) {
        this.text = text;
    }

    /// @throws IllegalArgumentException when the text is empty
    public static Secret of(String text) {
        if (text.isEmpty()) {
            throw new IllegalArgumentException("a secret must not be empty");
        }
        return new Secret(text);
    }

    /// 256 random bits as 43 characters of base64url.
    public static Secret random() {
        var bytes = new byte[32];
        RANDOM.nextBytes(bytes);
        return new Secret(Base64.getUrlEncoder().withoutPadding().encodeToString(bytes));
    }

    /// The content of a file, without the white space around it.
    ///
    /// @throws UncheckedIOException when it cannot be read
    public static Secret read(Path file) {
        try {
            return of(Files.readString(file).strip());
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read the secret in " + file, e);
        }
    }

    /// The content of the file, which is made with a random secret and mode 0600 when it does not exist.
    ///
    /// @throws UncheckedIOException when it can neither be made nor read
    public static Secret readOrCreate(Path file) {
        var secret = random();
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            var mode = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
            try (var channel = Files.newByteChannel(
                    file, java.util.Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), mode)) {
                var ignored = channel.write(java.nio.ByteBuffer.wrap(secret.text.getBytes(StandardCharsets.US_ASCII)));
            }
            return secret;
        } catch (FileAlreadyExistsException e) {
            return read(file);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write the secret in " + file, e);
        }
    }

    /// The secret itself.
    public String reveal() {
        return text;
    }

    @Override
    public String toString() {
        return "[redacted]";
    }
}
