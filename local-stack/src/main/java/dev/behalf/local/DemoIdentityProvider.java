package dev.behalf.local;

import com.sun.net.httpserver.HttpServer;
import dev.behalf.kernel.jose.JwsAlgorithm;
import dev.behalf.kernel.jose.SigningKey;
import dev.behalf.kernel.json.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// An identity provider to play with: it has two users and publishes its key on a loopback port. Tokens are signed by
/// the command line, which alone can read the key.
final class DemoIdentityProvider {

    static final List<String> USERS = List.of("alice@example.com", "bob@example.com");
    static final String AUDIENCE = "demo";
    private static final Duration LIFETIME = Duration.ofHours(1);

    private final SigningKey key;
    private final int port;

    private DemoIdentityProvider(SigningKey key, int port) {
        this.key = key;
        this.port = port;
    }

    static DemoIdentityProvider of(DataFolder folder) {
        return new DemoIdentityProvider(
                key(folder.path("secrets").resolve("demo-idp.jwk")), folder.port("demo-idp", true));
    }

    String issuer() {
        return "http://127.0.0.1:" + port;
    }

    String hostAndPort() {
        return "127.0.0.1:" + port;
    }

    /// Publishes the key until the process ends.
    void serve() throws IOException {
        var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 50);
        var jwks = Json.write(Map.of("keys", List.of(key.toPublicJwk())));
        server.createContext("/jwks.json", exchange -> {
            try (exchange) {
                exchange.getResponseHeaders().set("Content-Type", "application/json");
                exchange.sendResponseHeaders(200, jwks.length);
                exchange.getResponseBody().write(jwks);
            }
        });
        server.start();
    }

    /// A token for the user, whose name may be short.
    ///
    /// @throws Refused when there is no such user
    String token(String name, Clock clock) {
        var user = user(name)
                .orElseThrow(() -> new Refused("no such demo user; there are " + String.join(" and ", USERS)));
        long now = clock.instant().getEpochSecond();
        var claims = new LinkedHashMap<String, Object>();
        claims.put("iss", issuer());
        claims.put("sub", user.substring(0, user.indexOf('@')));
        claims.put("aud", AUDIENCE);
        claims.put("email", user);
        claims.put("email_verified", true);
        claims.put("iat", now);
        claims.put("exp", now + LIFETIME.toSeconds());
        return key.sign("JWT", claims);
    }

    private static Optional<String> user(String name) {
        return USERS.stream()
                .filter(user -> user.equals(name) || user.startsWith(name + "@"))
                .findFirst();
    }

    private static SigningKey key(Path file) {
        try {
            if (!Files.exists(file)) {
                Files.createFile(
                        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
                Files.writeString(file, SigningKey.generate(JwsAlgorithm.ES256).toPrivateJwk());
            }
            return SigningKey.fromPrivateJwk(Files.readString(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
