package dev.behalf.gateway;

import dev.behalf.gateway.proxy.PublicPort;
import dev.behalf.kernel.provider.ProviderFeed;
import dev.behalf.testkit.Eventually;
import dev.behalf.testkit.FakeAuthzServer;
import dev.behalf.testkit.RawHttp;
import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.context.ApplicationContext;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashMap;
import java.util.Map;

/// A whole gateway on a free port, between a registry, a validator and an authorization server that answer what a
/// test wants.
final class TestGateway implements AutoCloseable {

    private final FakeRegistry registry = new FakeRegistry();
    private final FakeValidator validator = new FakeValidator();
    private final Path routes;
    private final ApplicationContext context;
    private final int port;

    private TestGateway(String routes, FakeAuthzServer authz, Map<String, Object> overrides) {
        try {
            this.routes = Files.createTempFile("routes", ".yml");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        write(routes);
        var settings = new HashMap<String, Object>(authz.settings());
        settings.put("behalf.kafka.bootstrap-servers", "127.0.0.1:1");
        settings.put("behalf.providers.registry", registry.url());
        settings.put("behalf.providers.poll-every", "100ms");
        settings.put("behalf.validator.url", validator.url());
        settings.put("behalf.gateway.host", "127.0.0.1");
        settings.put("behalf.gateway.port", 0);
        settings.put("behalf.gateway.threads", 2);
        settings.put("behalf.gateway.public-url", "http://gateway.example");
        settings.put("behalf.gateway.routes", this.routes.toString());
        settings.put("endpoints.all.port", -1);
        settings.putAll(overrides);
        this.context = ApiGateway.start(settings);
        this.port = context.getBean(PublicPort.class).port();
    }

    /// Starts one and waits until it can judge tokens.
    ///
    /// @param routes    the routes file
    /// @param overrides settings that win over all others
    static TestGateway start(String routes, Map<String, Object> overrides) {
        return start(routes, FakeAuthzServer.shared(), overrides);
    }

    static TestGateway start(String routes, FakeAuthzServer authz, Map<String, Object> overrides) {
        var gateway = new TestGateway(routes, authz, overrides);
        Eventually.holds("the gateway is ready", gateway::isReady);
        return gateway;
    }

    /// One route for that host, with more members after a comma.
    static String route(String host, String upstream, String members) {
        return "  - {host: " + host + ", upstream: \"" + upstream + "\", " + members + "}\n";
    }

    int port() {
        return port;
    }

    FakeRegistry registry() {
        return registry;
    }

    FakeValidator validator() {
        return validator;
    }

    /// Puts another routes file in the place of the old one, as deployment tools do: at once.
    void routes(String text) {
        write(text);
    }

    /// The revision of the provider as the gateway has it; 0: none.
    long seenRevision() {
        var state = context.getBean(ProviderFeed.class).now().byKey(FakeValidator.PROVIDER);
        return state == null ? 0 : state.revision();
    }

    double gauge(String name) {
        return context.getBean(MeterRegistry.class).get(name).gauge().value();
    }

    <T> T bean(Class<T> type) {
        return context.getBean(type);
    }

    /// One request on a connection of its own.
    RawHttp.Response send(String request) {
        return RawHttp.exchange(port, request).orElseThrow(() -> new AssertionError("closed without a response"));
    }

    /// `GET path` at a host with a bearer token.
    RawHttp.Response get(String host, String path, String token) {
        return send("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\nAuthorization: Bearer " + token + "\r\n\r\n");
    }

    /// Stops the gateway alone.
    void stop() {
        context.close();
    }

    @Override
    public void close() {
        context.close();
        registry.close();
        validator.close();
        try {
            Files.deleteIfExists(routes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private boolean isReady() {
        return send("GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                        .status()
                == 200;
    }

    private void write(String text) {
        try {
            var next = Files.createTempFile("routes", ".next");
            Files.writeString(next, text);
            Files.move(next, routes, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
