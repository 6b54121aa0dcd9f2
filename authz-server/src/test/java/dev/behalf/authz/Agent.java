package dev.behalf.authz;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.secret.Secret;
import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// An agent: a client that registered itself, and what it does to act for a person.
public final class Agent {

    public static final String REDIRECT = "https://agent.example/callback";

    private final RunningAuthzServer server;
    private final String id;
    private final @Nullable String secret;
    private final String verifier;

    private Agent(RunningAuthzServer server, String id, @Nullable String secret) {
        this(server, id, secret, Secret.random().reveal());
    }

    private Agent(RunningAuthzServer server, String id, @Nullable String secret, String verifier) {
        this.server = server;
        this.id = id;
        this.secret = secret;
        this.verifier = verifier;
    }

    /// A public client with a refresh token, as MCP clients register.
    public static Agent register(RunningAuthzServer server) {
        return register(server, "none", Map.of());
    }

    /// @param method how it proves who it is
    /// @param more   members of its metadata
    public static Agent register(RunningAuthzServer server, String method, Map<String, Object> more) {
        var metadata = new LinkedHashMap<String, Object>();
        metadata.put("client_name", "Demo Agent");
        metadata.put("redirect_uris", List.of(REDIRECT));
        metadata.put("token_endpoint_auth_method", method);
        metadata.put(
                "grant_types",
                List.of("authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:token-exchange"));
        metadata.putAll(more);
        var reply = server.post(
                "/oauth/register", Json.text(metadata), request -> request.header("Content-Type", "application/json"));
        assertThat(reply.statusCode()).as(reply.body()).isEqualTo(201);
        var json = Json.readObject(reply.body());
        return new Agent(
                server,
                String.valueOf(json.get("client_id")),
                json.get("client_secret") instanceof String one ? one : null);
    }

    /// The same that an operator made.
    public static Agent ofOperator(RunningAuthzServer server) {
        var metadata = Map.of(
                "client_name", "Demo Agent",
                "redirect_uris", List.of(REDIRECT),
                "token_endpoint_auth_method", "client_secret_basic",
                "grant_types",
                        List.of(
                                "authorization_code",
                                "refresh_token",
                                "client_credentials",
                                "urn:ietf:params:oauth:grant-type:token-exchange"),
                "resources", Map.of("https://tools.example/", List.of("read")));
        var reply = server.postJson("/api/v1/clients", Json.text(metadata), server.internalToken());
        assertThat(reply.statusCode()).as(reply.body()).isEqualTo(201);
        var json = Json.readObject(reply.body());
        return new Agent(server, text(json, "client_id"), text(json, "client_secret"));
    }

    /// The same agent, talking to another replica.
    public Agent at(RunningAuthzServer replica) {
        return new Agent(replica, id, secret, verifier);
    }

    public String id() {
        return id;
    }

    public @Nullable String secret() {
        return secret;
    }

    public String verifier() {
        return verifier;
    }

    public String challenge() {
        try {
            return Base64.getUrlEncoder()
                    .withoutPadding()
                    .encodeToString(
                            MessageDigest.getInstance("SHA-256").digest(verifier.getBytes(StandardCharsets.US_ASCII)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /// The parameters of a good authorization request.
    public Map<String, String> request() {
        var parameters = new LinkedHashMap<String, String>();
        parameters.put("response_type", "code");
        parameters.put("client_id", id);
        parameters.put("redirect_uri", REDIRECT);
        parameters.put("scope", "read");
        parameters.put("state", "a state");
        parameters.put("code_challenge", challenge());
        parameters.put("code_challenge_method", "S256");
        return parameters;
    }

    /// The same with changes; a value of an empty text leaves the parameter out.
    public String path(Map<String, String> changes) {
        var parameters = request();
        parameters.putAll(changes);
        parameters.values().removeIf(String::isEmpty);
        return "/oauth/authorize?" + form(parameters);
    }

    /// The person, who is signed in, opens the request and allows it; the parameters of the answer.
    public Map<String, String> authorize(Person person, Map<String, String> changes) {
        return answer(person.allow(person.get(path(changes))));
    }

    /// Links to the person, who is signed in; the answer of the token endpoint.
    @CanIgnoreReturnValue
    public Map<String, @Nullable Object> link(Person person, Map<String, String> changes) {
        return json(redeem(authorize(person, changes).getOrDefault("code", ""), Map.of()));
    }

    public HttpResponse<String> redeem(String code, Map<String, String> changes) {
        var form = new LinkedHashMap<String, String>();
        form.put("grant_type", "authorization_code");
        form.put("code", code);
        form.put("redirect_uri", REDIRECT);
        form.put("code_verifier", verifier);
        form.putAll(changes);
        form.values().removeIf(String::isEmpty);
        return post("/oauth/token", form);
    }

    public HttpResponse<String> refresh(String refreshToken) {
        return post("/oauth/token", Map.of("grant_type", "refresh_token", "refresh_token", refreshToken));
    }

    public HttpResponse<String> exchange(String subjectToken, Map<String, String> more) {
        var form = new LinkedHashMap<String, String>();
        form.put("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange");
        form.put("subject_token", subjectToken);
        form.put("subject_token_type", "urn:ietf:params:oauth:token-type:access_token");
        form.putAll(more);
        form.values().removeIf(String::isEmpty);
        return post("/oauth/token", form);
    }

    /// A token of its own.
    public HttpResponse<String> own() {
        return post("/oauth/token", Map.of("grant_type", "client_credentials"));
    }

    /// A form with the client's proof.
    @CanIgnoreReturnValue
    public HttpResponse<String> post(String path, Map<String, String> form) {
        var all = new LinkedHashMap<>(form);
        if (secret == null) {
            all.putIfAbsent("client_id", id);
        }
        return server.post(path, form(all), request -> {
            request.header("Content-Type", "application/x-www-form-urlencoded");
            return secret == null ? request : request.header("Authorization", RunningAuthzServer.basic(id, secret));
        });
    }

    /// What stands in the query that an answer redirects to.
    public static Map<String, String> answer(HttpResponse<String> reply) {
        var location = Person.location(reply);
        var parameters = new HashMap<String, String>();
        for (var pair : URI.create(location).getRawQuery().split("&")) {
            var parts = pair.split("=", 2);
            parameters.put(parts[0], URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
        }
        return parameters;
    }

    @CanIgnoreReturnValue
    public static Map<String, @Nullable Object> json(HttpResponse<String> reply) {
        assertThat(reply.statusCode()).as(reply.body()).isEqualTo(200);
        return Json.readObject(reply.body());
    }

    public static String text(Map<String, @Nullable Object> json, String name) {
        assertThat(json.get(name)).isInstanceOf(String.class);
        return String.valueOf(json.get(name));
    }

    /// The `error` of a refusal with that status.
    public static String error(HttpResponse<String> reply, int status) {
        assertThat(reply.statusCode()).as(reply.body()).isEqualTo(status);
        return String.valueOf(Json.readObject(reply.body()).get("error"));
    }

    private static String form(Map<String, String> parameters) {
        return String.join(
                "&",
                parameters.entrySet().stream()
                        .map(one -> one.getKey() + "=" + URLEncoder.encode(one.getValue(), StandardCharsets.UTF_8))
                        .toList());
    }
}
