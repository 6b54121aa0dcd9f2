package dev.behalf.authz.client;

import io.micronaut.context.annotation.Context;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// The clients that the settings name: those of the suite and those of the operator's file. They are as the settings
/// say until the service starts anew.
@Context
final class ConfiguredClients {

    private final Map<String, Client> byId;

    ConfiguredClients(BuiltInClients builtIn, ClientFile file) {
        var all = new TreeMap<>(builtIn.byId());
        for (var client : file.clients()) {
            if (BuiltInClients.isRole(client.id()) || all.putIfAbsent(client.id(), client) != null) {
                throw new IllegalArgumentException("behalf.authz.client-file names client " + client.id()
                        + ", which is there already or has a role in the suite");
            }
        }
        this.byId = Map.copyOf(all);
    }

    Optional<Client> find(String id) {
        return Optional.ofNullable(byId.get(id));
    }

    Iterable<Client> all() {
        return byId.values();
    }
}
