package dev.behalf.local;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.secret.Secret;
import dev.behalf.kernel.secret.Sha256;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// `./behalf link`: a demo agent that gets itself linked to a person, as any agent does: it registers, sends the
/// person's
/// browser to the authorization server, and waits at a loopback address for the answer (RFC 8252 §7.3).
final class Link {

    private static final Duration PATIENCE = Duration.ofMinutes(10);
    private static final String FORM = "application/x-www-form-urlencoded";

    private final Calls calls = new Calls();
    private final String issuer;
    private final DataFolder folder;

    Link(String issuer, DataFolder folder) {
        this.issuer = issuer;
        this.folder = folder;
    }

    /// Links, and shows what the agent at the gateway's other end sees of it.
    ///
    /// @throws Refused when the person says no, or does not answer within ten minutes
    void run(Optional<String> scope) {
        var answer = new CompletableFuture<Map<String, String>>();
        try {
            var server = listen(answer);
            try {
                var redirectUri = "http://127.0.0.1:" + server.getAddress().getPort() + "/callback";
                var client = register(redirectUri);
                var verifier = Secret.random().reveal();
                var state = Secret.random().reveal();
                var request = new LinkedHashMap<String, String>();
                request.put("response_type", "code");
                request.put("client_id", client);
                request.put("redirect_uri", redirectUri);
                request.put("scope", scope.orElse("read"));
                request.put("state", state);
                request.put("code_challenge", challenge(verifier));
                request.put("code_challenge_method", "S256");
                Console.say("Open this page and allow the agent to act for you:");
                Console.say("  " + issuer + "/oauth/authorize?" + form(request));
                Console.say("Sign in as alice@example.com; ./behalf user alice --password prints the password.");
                var code = code(answer.get(PATIENCE.toSeconds(), TimeUnit.SECONDS), state);
                redeem(client, code, redirectUri, verifier);
            } finally {
                server.stop(0);
            }
        } catch (IOException e) {
            throw new Refused("the stack does not answer: " + e.getMessage());
        } catch (TimeoutException e) {
            throw new Refused("nobody answered within " + PATIENCE.toMinutes() + " minutes");
        } catch (InterruptedException | ExecutionException e) {
            throw new Refused("waiting for the answer ended");
        }
    }

    private static HttpServer listen(CompletableFuture<Map<String, String>> answer) throws IOException {
        var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/callback", exchange -> {
            var parameters = query(exchange);
            say(exchange, parameters.containsKey("code") ? "You can close this page." : "The agent was not allowed.");
            answer.complete(parameters);
        });
        server.start();
        return server;
    }

    private static void say(HttpExchange exchange, String text) throws IOException {
        var body = text.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "text/plain; charset=utf-8");
        exchange.sendResponseHeaders(200, body.length);
        try (var out = exchange.getResponseBody()) {
            out.write(body);
        }
    }

    private String register(String redirectUri) throws IOException {
        var metadata = Map.of(
                "client_name",
                "Demo agent",
                "redirect_uris",
                List.of(redirectUri),
                "token_endpoint_auth_method",
                "none",
                "grant_types",
                List.of("authorization_code", "refresh_token"));
        var reply = calls.send(
                "POST", issuer + "/oauth/register", Map.of("Content-Type", "application/json"), Json.text(metadata));
        expect(reply.statusCode() == 201, "registering", reply.body());
        return String.valueOf(Json.readObject(reply.body()).get("client_id"));
    }

    /// Who answers with another state or issuer answers somebody else's question (RFC 9700 §4.4, §4.7).
    private String code(Map<String, String> answer, String state) {
        if (!state.equals(answer.get("state")) || !issuer.equals(answer.get("iss"))) {
            throw new Refused("the answer was for another request, or of another server");
        }
        var code = answer.get("code");
        if (code == null) {
            throw new Refused("the agent was not allowed: " + answer.get("error"));
        }
        return code;
    }

    private void redeem(String client, String code, String redirectUri, String verifier) throws IOException {
        var form = new LinkedHashMap<String, String>();
        form.put("grant_type", "authorization_code");
        form.put("client_id", client);
        form.put("code", code);
        form.put("redirect_uri", redirectUri);
        form.put("code_verifier", verifier);
        var tokens = tokens(form);
        save(client, tokens);
        var claims = Json.readObject(
                Base64.getUrlDecoder().decode(text(tokens, "access_token").split("\\.")[1]));
        Console.say("Linked. The agent's token says:");
        for (var name : List.of("username", "act", "scope", "aud")) {
            Console.say("  " + name + ": " + Json.text(claims.get(name)));
        }
        Console.say("./behalf agent-token prints it. End the link at " + issuer + "/account/agents");
    }

    /// The linked agent's access token, a fresh one each time.
    ///
    /// @throws Refused when no agent is linked, or no more
    String token() {
        var saved = Json.readObject(folder.knownSecret("demo-agent")
                .orElseThrow(() -> new Refused("no agent is linked; see ./behalf link"))
                .reveal());
        var form = new LinkedHashMap<String, String>();
        form.put("grant_type", "refresh_token");
        form.put("client_id", text(saved, "client_id"));
        form.put("refresh_token", text(saved, "refresh_token"));
        try {
            var tokens = tokens(form);
            save(text(saved, "client_id"), tokens);
            return text(tokens, "access_token");
        } catch (IOException e) {
            throw new Refused("the stack does not answer: " + e.getMessage());
        }
    }

    private Map<String, @Nullable Object> tokens(Map<String, String> form) throws IOException {
        var reply = calls.send("POST", issuer + "/oauth/token", Map.of("Content-Type", FORM), form(form));
        expect(reply.statusCode() == 200, "the token request", reply.body());
        return Json.readObject(reply.body());
    }

    private void save(String client, Map<String, @Nullable Object> tokens) {
        folder.replaceSecret(
                "demo-agent",
                Secret.of(Json.text(Map.of("client_id", client, "refresh_token", text(tokens, "refresh_token")))));
    }

    private static String challenge(String verifier) {
        return Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(Sha256.of(verifier).bytes());
    }

    private static Map<String, String> query(HttpExchange exchange) {
        var parameters = new HashMap<String, String>();
        var query = exchange.getRequestURI().getRawQuery();
        for (var pair : (query == null ? "" : query).split("&")) {
            var parts = pair.split("=", 2);
            if (parts.length == 2) {
                parameters.put(parts[0], URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
            }
        }
        return parameters;
    }

    private static String form(Map<String, String> parameters) {
        return parameters.entrySet().stream()
                .map(one -> one.getKey() + "=" + URLEncoder.encode(one.getValue(), StandardCharsets.UTF_8))
                .collect(Collectors.joining("&"));
    }

    private static String text(Map<String, @Nullable Object> json, String name) {
        return String.valueOf(json.get(name));
    }

    private static void expect(boolean holds, String what, String body) {
        if (!holds) {
            throw new Refused(what + " failed: " + body);
        }
    }
}
