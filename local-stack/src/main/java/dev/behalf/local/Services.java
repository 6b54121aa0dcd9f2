package dev.behalf.local;

import dev.behalf.authz.AuthzServer;
import dev.behalf.gateway.ApiGateway;
import dev.behalf.kernel.service.Service;
import dev.behalf.registry.IdpRegistry;
import dev.behalf.validator.JwtValidator;
import dev.behalf.vault.TokenVault;
import io.micronaut.context.ApplicationContext;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// The services of the suite, and the settings that tie them together on one machine.
final class Services {

    /// In the order in which they start; they stop in the reverse one.
    static final List<String> NAMES =
            List.of(AuthzServer.NAME, IdpRegistry.NAME, JwtValidator.NAME, TokenVault.NAME, ApiGateway.NAME);

    /// The services with a database, which has the service's name with `_` for `-`.
    static final List<String> WITH_DATABASE = List.of(AuthzServer.NAME, IdpRegistry.NAME, TokenVault.NAME);

    private static final List<String> CLIENTS = List.of(
            "operator", AuthzServer.NAME, IdpRegistry.NAME, JwtValidator.NAME, TokenVault.NAME, ApiGateway.NAME);

    /// Where an app on this machine may be given what a provider answers.
    static final String DEMO_APP = "http://127.0.0.1:8090/callback";

    private final Options options;
    private final DataFolder folder;
    private final Map<String, Integer> ports = new HashMap<>();
    private final Map<String, Integer> managementPorts = new HashMap<>();
    private final List<String> allowOutbound;

    Services(Options options, DataFolder folder, List<String> allowOutbound) {
        this.options = options;
        this.folder = folder;
        this.allowOutbound = allowOutbound;
        for (var name : NAMES) {
            ports.put(name, name.equals(ApiGateway.NAME) ? options.port() : folder.port(name));
            managementPorts.put(name, folder.port(name + ".management"));
        }
    }

    /// Starts one service in this process.
    static ApplicationContext start(String name, Map<String, Object> settings) {
        return switch (name) {
            case AuthzServer.NAME -> AuthzServer.start(settings);
            case IdpRegistry.NAME -> IdpRegistry.start(settings);
            case JwtValidator.NAME -> JwtValidator.start(settings);
            case TokenVault.NAME -> TokenVault.start(settings);
            case ApiGateway.NAME -> ApiGateway.start(settings);
            default -> throw new IllegalArgumentException("no such service: " + name);
        };
    }

    /// Is that one service: the body of a process's main.
    static void run(String name, Map<String, Object> settings) {
        switch (name) {
            case AuthzServer.NAME -> Service.run(name, AuthzServer.class, settings);
            case IdpRegistry.NAME -> Service.run(name, IdpRegistry.class, settings);
            case JwtValidator.NAME -> Service.run(name, JwtValidator.class, settings);
            case TokenVault.NAME -> Service.run(name, TokenVault.class, settings);
            case ApiGateway.NAME -> Service.run(name, ApiGateway.class, settings);
            default -> throw new IllegalArgumentException("no such service: " + name);
        }
    }

    static String database(String service) {
        return service.replace('-', '_');
    }

    String url(String name) {
        return "http://127.0.0.1:" + ports.get(name);
    }

    String managementUrl(String name) {
        return "http://127.0.0.1:" + managementPorts.get(name);
    }

    /// The settings of a service.
    Map<String, Object> settings(String name, int postgresPort, String bootstrapServers) {
        var settings = new HashMap<String, Object>();
        settings.put("micronaut.server.host", "127.0.0.1");
        settings.put("micronaut.server.port", ports.get(name));
        settings.put("endpoints.all.port", managementPorts.get(name));
        settings.put("behalf.oauth.issuer", url(ApiGateway.NAME));
        settings.put("behalf.oauth.server", url(AuthzServer.NAME));
        settings.put("behalf.oauth.client-secret", clientSecret(name));
        settings.put("behalf.kafka.bootstrap-servers", bootstrapServers);
        if (!name.equals(IdpRegistry.NAME)) {
            settings.put("behalf.providers.registry", url(IdpRegistry.NAME));
        }
        settings.put("behalf.validator.url", url(JwtValidator.NAME));
        settings.put("behalf.outbound.allow", allowOutbound);
        if (WITH_DATABASE.contains(name)) {
            settings.put("behalf.database.host", "127.0.0.1");
            settings.put("behalf.database.port", postgresPort);
            settings.put("behalf.database.name", database(name));
            settings.put("behalf.database.user", database(name));
            settings.put("behalf.database.password", databasePassword(name));
        }
        switch (name) {
            case AuthzServer.NAME -> {
                settings.put(
                        "behalf.authz.keys.encryption-key",
                        folder.secret("key-encryption-key").reveal());
                for (var client : CLIENTS) {
                    if (!client.equals(AuthzServer.NAME)) {
                        settings.put("behalf.authz.clients." + client + ".secret", clientSecret(client));
                    }
                }
            }
            case TokenVault.NAME -> {
                settings.put("behalf.vault.keys.provider", "local");
                settings.put(
                        "behalf.vault.keys.local.keystore",
                        folder.path("vault").resolve("keys.json").toString());
                if (options.demo()) {
                    settings.put("behalf.vault.connect.redirect-uris", List.of(DEMO_APP));
                }
            }
            case ApiGateway.NAME -> {
                settings.put("behalf.vault.url", url(TokenVault.NAME));
                settings.put(
                        "micronaut.server.port", managementPorts.get(name)); // the framework's server is for that alone
                settings.put("behalf.gateway.host", "127.0.0.1");
                settings.put("behalf.gateway.port", options.port());
                settings.put("behalf.gateway.public-url", url(ApiGateway.NAME));
                settings.put("behalf.gateway.routes", routesFile().toString());
            }
            default -> {}
        }
        return settings;
    }

    java.nio.file.Path routesFile() {
        return options.routes().orElseGet(() -> folder.path("routes.yaml"));
    }

    String databasePassword(String service) {
        return folder.secret("database-" + service).reveal();
    }

    private String clientSecret(String client) {
        return folder.secret("client-" + client).reveal();
    }
}
