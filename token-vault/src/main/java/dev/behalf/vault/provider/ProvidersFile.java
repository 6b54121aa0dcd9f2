package dev.behalf.vault.provider;

import dev.behalf.kernel.outbound.OutboundPolicy;
import io.micronaut.context.annotation.Context;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// The providers of the operator's file, read at the start. A faulty file keeps the vault from starting.
@Context
final class ProvidersFile {

    /// @param written    as in the file
    /// @param secretFile null: the client has no secret
    record Entry(
            Provider provider,
            Map<String, @Nullable Object> written,
            Map<String, @Nullable Object> effective,
            @Nullable Path secretFile) {}

    private final Map<ProviderId, Entry> entries;

    /// @throws InvalidProvider for the first fault in the file
    ProvidersFile(ProvidersSettings settings, BuiltIns builtIns, OutboundPolicy policy) {
        var file = settings.providersFile();
        this.entries = file == null ? Map.of() : read(file, builtIns, policy);
    }

    Map<ProviderId, Entry> entries() {
        return entries;
    }

    Optional<Entry> find(ProviderId id) {
        return Optional.ofNullable(entries.get(id));
    }

    private static Map<ProviderId, Entry> read(Path file, BuiltIns builtIns, OutboundPolicy policy) {
        var entries = new LinkedHashMap<ProviderId, Entry>();
        try {
            var top = new Fields("", BuiltIns.yaml(Files.readString(file)), policy);
            var providers = top.object("providers");
            top.end();
            for (var name : providers.names()) {
                var id = ProviderId.parse(name)
                        .orElseThrow(() -> new InvalidProvider("providers: " + name + " is no name of a provider"));
                if (!(providers.value(name) instanceof Map<?, ?> map)) {
                    throw new InvalidProvider(name + " must be an object");
                }
                try {
                    entries.put(id, entry(id, Definition.cast(map), builtIns, policy));
                } catch (InvalidProvider e) {
                    throw new InvalidProvider(name + ": " + e.getMessage());
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read the providers in " + file, e);
        } catch (InvalidProvider e) {
            throw new InvalidProvider(file + ": " + e.getMessage());
        }
        return java.util.Collections.unmodifiableMap(entries);
    }

    /// The file does not say since when: its provider of a name is always the same.
    private static UUID instance(ProviderId id) {
        return UUID.nameUUIDFromBytes(("file/" + id.name()).getBytes(StandardCharsets.UTF_8));
    }

    private static Entry entry(
            ProviderId id, Map<String, @Nullable Object> written, BuiltIns builtIns, OutboundPolicy policy) {
        var definition = new LinkedHashMap<String, @Nullable Object>(written);
        if (definition.containsKey("discover")) {
            throw new InvalidProvider("discover is for providers that are set up by the API only");
        }
        Path secretFile = null;
        if (definition.get("client") instanceof Map<?, ?> client) {
            var rest = new LinkedHashMap<String, @Nullable Object>(Definition.cast(client));
            if (rest.containsKey(Definition.REGISTRATION)) {
                throw new InvalidProvider("client." + Definition.REGISTRATION + " is no field of a provider");
            }
            if (rest.containsKey("secret")) {
                throw new InvalidProvider(
                        "client.secret does not belong into this file: name its file in" + " client.secretFile");
            }
            switch (rest.remove("secretFile")) {
                case null -> {}
                case String path when !path.isEmpty() -> secretFile = Path.of(path);
                default -> throw new InvalidProvider("client.secretFile must be the path of a file");
            }
            definition.put("client", rest);
        }
        var effective = builtIns.complete(id, definition);
        var provider = Definition.read(id, instance(id), effective, policy);
        if (provider instanceof OAuthProvider oauth && oauth.token().secretRequired() && secretFile == null) {
            throw new InvalidProvider("client.secretFile is required");
        }
        return new Entry(provider, written, effective, secretFile);
    }
}
