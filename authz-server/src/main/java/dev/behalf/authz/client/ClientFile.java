package dev.behalf.authz.client;

import dev.behalf.authz.oauth.OAuthError;
import dev.behalf.kernel.secret.Secret;
import dev.behalf.kernel.secret.Sha256;
import io.micronaut.context.annotation.Context;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;

/// The operator's clients as a file has them: a YAML list of objects in the words of RFC 7591, with
/// `client_id`, `resources`, and the secret as `client_secret`, `client_secret_file` or `client_secret_sha256`.
/// A file that is wrong keeps the service from starting; no message quotes a secret.
@Context
final class ClientFile {

    private static final int MIN_SECRET_LENGTH = 32;
    private static final int MAX_BYTES = 4 * 1024 * 1024;
    private static final Set<String> SECRETS = Set.of("client_secret", "client_secret_file", "client_secret_sha256");

    private final List<Client> clients;

    ClientFile(ClientFileSettings settings, OperatorRules rules) {
        var path = settings.clientFile();
        this.clients = path == null ? List.of() : read(path, rules);
    }

    List<Client> clients() {
        return clients;
    }

    private static List<Client> read(Path path, OperatorRules rules) {
        var clients = new ArrayList<Client>();
        if (!(yaml(path) instanceof List<?> list)) {
            throw new IllegalArgumentException("behalf.authz.client-file must be a YAML list of clients");
        }
        for (var item : list) {
            if (!(item instanceof Map<?, ?> map) || !(map.get("client_id") instanceof String id)) {
                throw new IllegalArgumentException("behalf.authz.client-file holds what is no client with a client_id");
            }
            try {
                clients.add(client(id, path, members(map), rules));
            } catch (OAuthError | IllegalArgumentException e) {
                throw new IllegalArgumentException("behalf.authz.client-file, client " + id + ": " + e.getMessage(), e);
            }
        }
        return List.copyOf(clients);
    }

    private static Client client(String id, Path file, Map<String, @Nullable Object> given, OperatorRules rules) {
        if (!ClientId.hasShape(id)) {
            throw new IllegalArgumentException("client_id must have at most 100 letters, digits and . _ ~ -");
        }
        var metadata = new LinkedHashMap<String, @Nullable Object>(rules.metadata(given));
        var secret = secret(file, given);
        if (ClientSecrets.needed(metadata) != (secret != null)) {
            throw new IllegalArgumentException(
                    "a secret is needed for client_secret_basic and client_secret_post, and for these only");
        }
        return new Client(
                id,
                Client.Origin.OPERATOR,
                ClientMetadata.of(metadata),
                secret,
                rules.resources(given.get("resources")));
    }

    private static @Nullable Sha256 secret(Path file, Map<String, @Nullable Object> given) {
        var named = SECRETS.stream().filter(given::containsKey).toList();
        if (named.isEmpty()) {
            return null;
        }
        if (named.size() > 1 || !(given.get(named.getFirst()) instanceof String value)) {
            throw new IllegalArgumentException("the secret must be there once, as a text");
        }
        return switch (named.getFirst()) {
            case "client_secret_sha256" -> Sha256.fromHex(value);
            case "client_secret_file" ->
                digest(Secret.read(file.toAbsolutePath().resolveSibling(value)).reveal());
            default -> digest(value);
        };
    }

    private static Sha256 digest(String secret) {
        if (secret.length() < MIN_SECRET_LENGTH) {
            throw new IllegalArgumentException("the secret must have at least " + MIN_SECRET_LENGTH + " characters");
        }
        return Sha256.of(secret);
    }

    private static @Nullable Object yaml(Path path) {
        try {
            if (Files.size(path) > MAX_BYTES) {
                throw new IllegalArgumentException("behalf.authz.client-file has more than " + MAX_BYTES + " bytes");
            }
            var options = new LoaderOptions();
            options.setAllowDuplicateKeys(false);
            return new Yaml(new SafeConstructor(options)).load(Files.readString(path));
        } catch (IOException e) {
            throw new UncheckedIOException("behalf.authz.client-file cannot be read: " + path, e);
        } catch (YAMLException e) {
            // Its message quotes the file, which holds secrets.
            throw new IllegalArgumentException("behalf.authz.client-file is not YAML");
        }
    }

    private static Map<String, @Nullable Object> members(Map<?, ?> map) {
        var members = new LinkedHashMap<String, @Nullable Object>();
        map.forEach((name, value) -> members.put(String.valueOf(name), value));
        return members;
    }
}
