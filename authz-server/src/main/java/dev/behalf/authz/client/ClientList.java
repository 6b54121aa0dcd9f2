package dev.behalf.authz.client;

import dev.behalf.kernel.oauth.Scope;
import dev.behalf.kernel.problem.ProblemException;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// Clients as operators see them, from wherever they come.
@Singleton
final class ClientList {

    private static final int MOST = 500;

    private final OperatorClients clients;
    private final ConfiguredClients configured;

    ClientList(OperatorClients clients, ConfiguredClients configured) {
        this.clients = clients;
        this.configured = configured;
    }

    /// A page in the order of the ids, with the id to go on behind when there may be more.
    ///
    /// @param limit the number of clients on the page, from 1 to 500
    Mono<Map<String, Object>> page(String after, String limit) {
        return Mono.defer(() -> {
            int atMost = limit.matches("[0-9]{1,3}") ? Integer.parseInt(limit) : 0;
            if (atMost < 1 || atMost > MOST) {
                throw ProblemException.badRequest("limit must be a whole number from 1 to " + MOST);
            }
            if (!after.matches("[\\x21-\\x7E]{0,500}")) {
                throw ProblemException.badRequest("after must be the next of a page");
            }
            return clients.page(after, atMost + 1).map(stored -> {
                var all = new ArrayList<Map<String, Object>>();
                stored.forEach(client -> all.add(json(client)));
                for (var client : configured.all()) {
                    if (client.id().compareTo(after) > 0) {
                        all.add(json(client));
                    }
                }
                all.sort(Comparator.comparing(client -> String.valueOf(client.get("client_id"))));
                var page = new LinkedHashMap<String, Object>();
                page.put("clients", all.stream().limit(atMost).toList());
                if (all.size() > atMost) {
                    page.put("next", String.valueOf(all.get(atMost - 1).get("client_id")));
                }
                return page;
            });
        });
    }

    Mono<Map<String, Object>> find(String id) {
        return Mono.defer(() -> Mono.justOrEmpty(configured.find(id).map(ClientList::json)))
                .switchIfEmpty(Mono.defer(() -> clients.find(id).map(ClientList::json)));
    }

    static Map<String, Object> json(StoredClient client) {
        var json = json(client.id(), client.origin(), client.metadata(), client.resources());
        json.put("enabled", client.enabled());
        json.put("configured", false);
        json.put("created_at", client.createdAt().toString());
        if (client.lastUsedAt() != null) {
            json.put("last_used_at", client.lastUsedAt().toString());
        }
        if (client.expiresAt() != null) {
            json.put("expires_at", client.expiresAt().toString());
        }
        return json;
    }

    private static Map<String, Object> json(Client client) {
        var metadata = new LinkedHashMap<String, @Nullable Object>();
        if (client.metadata().name() != null) {
            metadata.put("client_name", client.metadata().name());
        }
        metadata.put(
                "grant_types", client.metadata().grantTypes().stream().sorted().toList());
        metadata.put(
                "redirect_uris",
                client.metadata().redirectUris().stream().sorted().toList());
        metadata.put("token_endpoint_auth_method", client.metadata().authMethod());
        metadata.put(
                MetadataRules.ID_TOKEN_ALGORITHM,
                client.metadata().idTokenAlgorithm().name());
        var json = json(client.id(), client.origin(), metadata, client.resources());
        json.put("enabled", true);
        json.put("configured", true);
        return json;
    }

    private static Map<String, Object> json(
            String id,
            Client.Origin origin,
            Map<String, @Nullable Object> metadata,
            Map<String, Set<String>> resources) {
        var json = new LinkedHashMap<String, Object>();
        json.put("client_id", id);
        json.put("origin", origin.name().toLowerCase(Locale.ROOT));
        metadata.forEach((name, value) -> {
            if (value != null) {
                json.put(name, value);
            }
        });
        var byResource = new LinkedHashMap<String, Object>();
        resources.forEach((resource, scopes) -> byResource.put(resource, Scope.text(new TreeSet<>(scopes))));
        json.put("resources", byResource);
        return json;
    }
}
