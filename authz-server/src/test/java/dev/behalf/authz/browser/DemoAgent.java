package dev.behalf.authz.browser;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.behalf.authz.RunningAuthzServer;
import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.secret.Sha256;
import dev.behalf.testkit.FakeOpenIdProvider;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/// An agent with a web page of its own, that registered itself.
final class DemoAgent implements AutoCloseable {

    /// Opens the authorization request in a window of its own and waits for what that says.
    private static final String OPENER = """
            <!doctype html><html lang="en"><title>Agent</title><h1>Agent</h1><button id="connect">Connect</button>
            <p id="said">waiting</p>
            <script>
            addEventListener("message", event => { document.getElementById("said").textContent = event.data; });
            document.getElementById("connect").onclick = () => open(location.hash.slice(1), "popup", "width=600,height=700");
            </script></html>
            """;

    private static final String CALLBACK = """
            <!doctype html><html lang="en"><title>Back at the agent</title><h1>Back at the agent</h1>
            <script>if (opener) { opener.postMessage("the window said: connected", "*"); }</script></html>
            """;

    private final HttpServer server;
    private final RunningAuthzServer authz;
    private final String clientId;

    DemoAgent(RunningAuthzServer authz, String name) {
        this.authz = authz;
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 10);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.createContext("/", exchange -> {
            var page = exchange.getRequestURI().getPath().equals("/callback") ? CALLBACK : OPENER;
            var bytes = page.getBytes(StandardCharsets.UTF_8);
            try (exchange) {
                exchange.getResponseHeaders().set("Content-Type", "text/html; charset=utf-8");
                exchange.sendResponseHeaders(200, bytes.length);
                exchange.getResponseBody().write(bytes);
            }
        });
        server.start();
        this.clientId = register(name);
    }

    private String register(String name) {
        var reply = authz.post(
                "/oauth/register",
                Json.text(Map.of(
                        "client_name",
                        name,
                        "redirect_uris",
                        List.of(callback()),
                        "grant_types",
                        List.of("authorization_code", "refresh_token"),
                        "token_endpoint_auth_method",
                        "none")),
                request -> request.header("Content-Type", "application/json"));
        assertThat(reply.statusCode()).as(reply.body()).isEqualTo(201);
        return String.valueOf(Json.readObject(reply.body()).get("client_id"));
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/";
    }

    String callback() {
        return url() + "callback";
    }

    /// The path of an authorization request.
    String request(String more) {
        var challenge = Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(Sha256.of("v".repeat(43)).bytes());
        return "/oauth/authorize?response_type=code&client_id=" + clientId + "&redirect_uri="
                + java.net.URLEncoder.encode(callback(), StandardCharsets.UTF_8) + "&state=s1&code_challenge="
                + challenge
                + "&code_challenge_method=S256" + more;
    }

    /// The parameters of the answer that the browser brought.
    static Map<String, String> answer(String url) {
        return FakeOpenIdProvider.parameters(url.substring(url.indexOf('?') + 1));
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
