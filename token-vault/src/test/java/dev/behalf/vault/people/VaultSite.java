package dev.behalf.vault.people;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.behalf.kernel.oauth.Audience;
import dev.behalf.testkit.FakeAuthzServer;
import dev.behalf.testkit.FakeSignIn;
import dev.behalf.testkit.TestPostgres;
import dev.behalf.vault.RotatingProvider;
import dev.behalf.vault.RunningVault;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executors;

/// The vault and the authorization server at one origin, as the gateway puts them, and a provider elsewhere.
final class VaultSite implements AutoCloseable {

    static final String AGENT = "the-agent";

    private static final Set<String> NOT_PASSED_ON =
            Set.of("connection", "content-length", "host", "transfer-encoding", "date", "upgrade", "http2-settings");

    private final HttpServer front;
    private final HttpClient http = HttpClient.newHttpClient();
    final RotatingProvider provider = RotatingProvider.start();
    final FakeAuthzServer authz;
    final RunningVault vault;

    private VaultSite(Path folder, Map<String, Object> more) throws IOException {
        front = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 100);
        authz = FakeAuthzServer.start(url());
        authz.signIn().client(AGENT, "Inbox Helper", "operator");
        var settings = new HashMap<>(provider.settings(folder));
        // A key that its provider can check, beside one that it cannot.
        var providers = Path.of(String.valueOf(settings.get("behalf.vault.providers-file")));
        Files.writeString(providers, Files.readString(providers) + """
                  checked:
                    extends: api-key
                    displayName: Checked Keys
                    description: Keys that are looked at before they are kept
                    account: {requests: {me: {url: URL/userinfo, id: /sub, username: /preferred_username}}}
                """.replace("URL", provider.url()));
        settings.putAll(authz.settings());
        settings.putAll(more);
        vault = RunningVault.start(TestPostgres.shared().newDatabase(), settings);
        front.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        front.createContext("/", this::pass);
        front.start();
    }

    static VaultSite start(Path folder, Map<String, Object> more) {
        try {
            return new VaultSite(folder, more);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String url() {
        return "http://127.0.0.1:" + front.getAddress().getPort();
    }

    FakeSignIn signIn() {
        return authz.signIn();
    }

    /// What the agent gets that asks for the token of the user's account.
    HttpResponse<String> ask(String user, String query) {
        return vault.get(
                "/api/v1/connections/demo/token" + query,
                "Bearer "
                        + authz.token(
                                Audience.TOKEN_VAULT,
                                "connections:use",
                                Map.of("sub", user, "client_id", AGENT, "act", Map.of("sub", AGENT))));
    }

    /// `status` of that answer.
    String status(String user) {
        return String.valueOf(RunningVault.json(ask(user, "")).get("status"));
    }

    /// Where the agent sends its user.
    String authorizationUrl(String user, String query) {
        return String.valueOf(RunningVault.json(ask(user, query)).get("authorization_url"));
    }

    private void pass(HttpExchange exchange) throws IOException {
        try (exchange) {
            var uri = exchange.getRequestURI();
            boolean theirs =
                    uri.getPath().startsWith("/oauth/") || uri.getPath().startsWith("/logout");
            var to = theirs ? authz.url() : "http://127.0.0.1:" + vault.port();
            var request = HttpRequest.newBuilder(URI.create(to + uri))
                    .method(
                            exchange.getRequestMethod(),
                            HttpRequest.BodyPublishers.ofByteArray(
                                    exchange.getRequestBody().readAllBytes()));
            exchange.getRequestHeaders().forEach((name, values) -> {
                if (!NOT_PASSED_ON.contains(name.toLowerCase(java.util.Locale.ROOT))) {
                    values.forEach(value -> request.header(name, value));
                }
            });
            var reply = http.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
            reply.headers().map().forEach((name, values) -> {
                if (!NOT_PASSED_ON.contains(name)) {
                    exchange.getResponseHeaders().put(name, List.copyOf(values));
                }
            });
            exchange.sendResponseHeaders(reply.statusCode(), reply.body().length == 0 ? -1 : reply.body().length);
            exchange.getResponseBody().write(reply.body());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        front.stop(0);
        vault.close();
        authz.close();
        provider.close();
        http.close();
    }
}
