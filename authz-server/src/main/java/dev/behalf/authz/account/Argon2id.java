package dev.behalf.authz.account;

import dev.behalf.kernel.secret.Secret;
import dev.behalf.kernel.secret.Sha256;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import java.util.regex.Pattern;
import org.bouncycastle.crypto.generators.Argon2BytesGenerator;
import org.bouncycastle.crypto.params.Argon2Parameters;

/// A password as Argon2id (RFC 9106) leaves it, with what it takes to check another against it. Its text is the
/// usual one: `$argon2id$v=19$m=19456,t=2,p=1$salt$hash`.
final class Argon2id {

    private static final int SALT_BYTES = 16;
    private static final int HASH_BYTES = 32;
    private static final int MAX_MEMORY_KIB = 1 << 20;
    private static final Pattern TEXT = Pattern.compile(
            "\\$argon2id\\$v=19\\$m=(\\d{1,7}),t=(\\d{1,3}),p=1\\$([A-Za-z0-9+/]{22})\\$([A-Za-z0-9+/]{43})");

    private final int memoryKib;
    private final int iterations;
    private final byte[] salt;
    private final byte[] hash;

    private Argon2id(int memoryKib, int iterations, byte[] salt, byte[] hash) {
        this.memoryKib = memoryKib;
        this.iterations = iterations;
        this.salt = salt;
        this.hash = hash;
    }

    /// Takes as long as its cost says: never on an event loop.
    ///
    /// @param memoryKib  memory, in KiB
    /// @param iterations passes over it
    static Argon2id of(String password, int memoryKib, int iterations) {
        var salt = random(SALT_BYTES);
        return new Argon2id(memoryKib, iterations, salt, hash(password, memoryKib, iterations, salt));
    }

    /// Of no password; to say that a password is not it takes as long as of any.
    static Argon2id ofNobody(int memoryKib, int iterations) {
        return new Argon2id(memoryKib, iterations, random(SALT_BYTES), random(HASH_BYTES));
    }

    private static byte[] random(int bytes) {
        return Arrays.copyOf(Base64.getUrlDecoder().decode(Secret.random().reveal()), bytes);
    }

    /// Reads what [#text] wrote; empty when it is anything else.
    static Optional<Argon2id> parse(String text) {
        var matcher = TEXT.matcher(text);
        if (!matcher.matches() || Integer.parseInt(matcher.group(1)) > MAX_MEMORY_KIB) {
            return Optional.empty();
        }
        var decoder = Base64.getDecoder();
        return Optional.of(new Argon2id(
                Integer.parseInt(matcher.group(1)),
                Integer.parseInt(matcher.group(2)),
                decoder.decode(matcher.group(3)),
                decoder.decode(matcher.group(4))));
    }

    /// Whether it is that password. Takes as long as its cost says.
    boolean matches(String password) {
        return Sha256.of(hash(password, memoryKib, iterations, salt)).equals(Sha256.of(hash));
    }

    boolean costs(int memory, int passes) {
        return memoryKib == memory && iterations == passes;
    }

    String text() {
        var encoder = Base64.getEncoder().withoutPadding();
        return "$argon2id$v=19$m=" + memoryKib + ",t=" + iterations + ",p=1$" + encoder.encodeToString(salt) + "$"
                + encoder.encodeToString(hash);
    }

    private static byte[] hash(String password, int memoryKib, int iterations, byte[] salt) {
        var generator = new Argon2BytesGenerator();
        generator.init(new Argon2Parameters.Builder(Argon2Parameters.ARGON2_id)
                .withVersion(Argon2Parameters.ARGON2_VERSION_13)
                .withMemoryAsKB(memoryKib)
                .withIterations(iterations)
                .withParallelism(1)
                .withSalt(salt)
                .build());
        var hash = new byte[HASH_BYTES];
        generator.generateBytes(password.getBytes(StandardCharsets.UTF_8), hash);
        return hash;
    }

    @Override
    public String toString() {
        return "Argon2id[redacted]";
    }
}
