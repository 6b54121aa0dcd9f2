package dev.behalf.authz.document;

import static dev.behalf.authz.RunningAuthzServer.AUTHZ;
import static dev.behalf.authz.RunningAuthzServer.REGISTRY;
import static dev.behalf.authz.RunningAuthzServer.SECRET;
import static dev.behalf.authz.RunningAuthzServer.object;
import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.authz.RunningAuthzServer;
import dev.behalf.kernel.json.Json;
import io.micronaut.management.endpoint.annotation.Endpoint;
import io.micronaut.web.router.Router;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.yaml.snakeyaml.Yaml;

/// `/openapi.yaml` says what the server does: no more, no less, nothing else.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OpenApiTest {

    private static final Set<String> METHODS = Set.of("get", "put", "post", "delete", "patch", "head", "options");

    private final RunningAuthzServer server = RunningAuthzServer.start();
    private final Map<String, @Nullable Object> document =
            object(new Yaml().load(server.get("/openapi.yaml", null).body()));

    @AfterAll
    void stop() {
        server.close();
    }

    @Test
    void everyRouteIsInTheDocumentAndEveryDocumentedOneIsThere() {
        var documented = new TreeSet<String>();
        object(document.get("paths"))
                .forEach((path, operations) -> object(operations).keySet().stream()
                        .filter(METHODS::contains)
                        .forEach(method -> documented.add(method + " " + path)));

        var served = server.bean(Router.class)
                .uriRoutes()
                .filter(route -> !route.getAnnotationMetadata().hasStereotype(Endpoint.class))
                .filter(route -> !route.getHttpMethodName().equals("HEAD")) // comes with each GET
                .filter(route -> !isForPeople(route.getUriMatchTemplate().toPathString()))
                .map(route -> route.getHttpMethodName().toLowerCase(java.util.Locale.ROOT) + " "
                        + route.getUriMatchTemplate().toPathString().replace("{+", "{"))
                .collect(Collectors.toCollection(TreeSet::new));

        assertThat(documented).isEqualTo(served).contains("post /internal/credentials", "get /openapi.yaml");
    }

    private java.net.http.HttpResponse<String> form(String path, String body, String secret) {
        return server.post(
                path,
                body,
                request -> request.header("Content-Type", "application/x-www-form-urlencoded")
                        .header("Authorization", RunningAuthzServer.basic("operator", secret)));
    }

    /// Pages and what they are made of.
    private static boolean isForPeople(String path) {
        return Stream.of("/login", "/logout", "/account", "/assets", "/oauth/authorize")
                .anyMatch(prefix -> path.equals(prefix) || path.startsWith(prefix + "/"));
    }

    @Test
    void everyReferenceLeadsSomewhereAndEachOperationHasANameOfItsOwn() {
        var references = new ArrayList<String>();
        var names = new ArrayList<Object>();
        walk(document, references, names);

        assertThat(references).isNotEmpty().allSatisfy(reference -> {
            @Nullable Object at = document;
            for (var step : reference.substring(2).split("/")) {
                at = object(at).get(step);
                assertThat(at).as(reference).isNotNull();
            }
        });
        assertThat(names).isNotEmpty().doesNotHaveDuplicates();
    }

    @Test
    void whatIsAnsweredIsDocumented() {
        var form = "application/x-www-form-urlencoded";
        var token = server.internalToken();
        var reader = server.internalToken("api-keys:read");
        var gateway = server.gatewayToken();
        var none = "00000000-0000-0000-0000-000000000000";
        var huge = "{\"name\":\"" + "x".repeat(100_000) + "\"}";

        conforms("post", "/oauth/token", 200, server.token("grant_type=client_credentials", "operator", SECRET));
        conforms("post", "/oauth/token", 400, server.token("", "operator", SECRET));
        conforms("post", "/oauth/token", 401, server.token("grant_type=client_credentials", "operator", "wrong"));
        conforms(
                "post",
                "/oauth/token",
                413,
                server.post("/oauth/token", "x".repeat(100_000), request -> request.header("Content-Type", form)));
        conforms("get", "/jwks", 200, server.get("/jwks", null));
        conforms("get", "/.well-known/{name}", 200, server.get("/.well-known/openid-configuration", null));
        conforms("get", "/.well-known/{name}", 404, server.get("/.well-known/no-such", null));
        conforms("post", "/oauth/introspect", 200, form("/oauth/introspect", "token=x", SECRET));
        conforms("post", "/oauth/introspect", 400, form("/oauth/introspect", "", SECRET));
        conforms("post", "/oauth/introspect", 401, form("/oauth/introspect", "token=x", "wrong"));
        conforms("post", "/oauth/revoke", 200, form("/oauth/revoke", "token=x", SECRET));
        conforms("post", "/oauth/revoke", 400, form("/oauth/revoke", "", SECRET));
        conforms("post", "/oauth/revoke", 401, form("/oauth/revoke", "token=x", "wrong"));
        conforms("post", "/oauth/par", 400, form("/oauth/par", "response_type=code", SECRET));
        conforms("get", "/oauth/userinfo", 401, server.get("/oauth/userinfo", null));
        conforms("get", "/oauth/userinfo", 401, server.get("/oauth/userinfo", "nonsense"));
        conforms("get", "/api/v1/grants", 200, server.get("/api/v1/grants", token));
        conforms("get", "/api/v1/grants", 400, server.get("/api/v1/grants?subject=" + "x".repeat(600), token));
        conforms("get", "/api/v1/grants", 403, server.get("/api/v1/grants", reader));
        conforms("delete", "/api/v1/grants", 400, server.call("DELETE", "/api/v1/grants", token));
        conforms("delete", "/api/v1/grants", 200, server.call("DELETE", "/api/v1/grants?subject=nobody", token));
        conforms("delete", "/api/v1/grants/{gid}", 404, server.call("DELETE", "/api/v1/grants/" + none, token));
        conforms("get", "/api/v1/keys", 200, server.get("/api/v1/keys", token));
        conforms("get", "/api/v1/keys", 401, server.get("/api/v1/keys", null));
        conforms("post", "/api/v1/keys/rotate", 201, server.postJson("/api/v1/keys/rotate", "", token));
        conforms("post", "/api/v1/keys/rotate", 403, server.postJson("/api/v1/keys/rotate", "", reader));
        conforms("get", "/openapi.yaml", 200, server.get("/openapi.yaml", null));

        conforms("get", "/auth/api-keys", 200, server.get("/auth/api-keys", token));
        conforms("get", "/auth/api-keys", 401, server.get("/auth/api-keys", null));
        conforms("get", "/auth/api-keys", 403, server.get("/auth/api-keys", server.internalToken("api-keys:write")));
        conforms(
                "get",
                "/auth/api-keys",
                400,
                server.send(server.request("/auth/api-keys")
                        .header("Authorization", "Bearer " + token)
                        .header("Authorization", "Bearer " + token)));
        var created = server.postJson("/auth/api-keys", "{\"name\":\"a\",\"expiresInDays\":1}", token);
        conforms("post", "/auth/api-keys", 201, created);
        conforms("post", "/auth/api-keys", 400, server.postJson("/auth/api-keys", "{}", token));
        conforms("post", "/auth/api-keys", 401, server.postJson("/auth/api-keys", "{}", "nonsense"));
        conforms("post", "/auth/api-keys", 403, server.postJson("/auth/api-keys", "{}", reader));
        conforms("post", "/auth/api-keys", 413, server.postJson("/auth/api-keys", huge, token));
        conforms(
                "post",
                "/auth/api-keys",
                415,
                server.post(
                        "/auth/api-keys",
                        "x",
                        request -> request.header("Content-Type", "text/plain")
                                .header("Authorization", "Bearer " + token)));
        var path = "/auth/api-keys/"
                + object(Json.readObject(created.body()).get("key")).get("id");
        conforms("post", "/auth/api-keys/{id}/rotate", 201, server.postJson(path + "/rotate", "", token));
        conforms("post", "/auth/api-keys/{id}/rotate", 401, server.postJson(path + "/rotate", "", "nonsense"));
        conforms("post", "/auth/api-keys/{id}/rotate", 403, server.postJson(path + "/rotate", "", reader));
        conforms(
                "post",
                "/auth/api-keys/{id}/rotate",
                404,
                server.postJson("/auth/api-keys/" + none + "/rotate", "", token));
        conforms("delete", "/auth/api-keys/{id}", 401, server.call("DELETE", path, null));
        conforms("delete", "/auth/api-keys/{id}", 403, server.call("DELETE", path, reader));
        conforms("delete", "/auth/api-keys/{id}", 200, server.call("DELETE", path, token));
        conforms("delete", "/auth/api-keys/{id}", 404, server.call("DELETE", path, token));

        conforms("post", "/internal/credentials", 200, server.exchange(server.operatorToken(), REGISTRY));
        conforms("post", "/internal/credentials", 400, server.postJson("/internal/credentials", "{}", gateway));
        conforms("post", "/internal/credentials", 401, server.exchange("nonsense", AUTHZ));
        conforms("post", "/internal/credentials", 403, server.postJson("/internal/credentials", "{}", token));
        conforms("post", "/internal/credentials", 413, server.postJson("/internal/credentials", huge, gateway));
        conforms(
                "post",
                "/internal/credentials",
                415,
                server.post(
                        "/internal/credentials",
                        "x",
                        request -> request.header("Content-Type", "text/plain")
                                .header("Authorization", "Bearer " + gateway)));
    }

    /// The answer has the status that the test provoked, and status, media type and members as documented.
    @Test
    void whatRegistrationAnswersIsDocumented() {
        var agent = "{\"redirect_uris\":[\"https://agent.example/\"],\"client_name\":\"Agent\",\"scope\":\"read\"}";
        var made = register(agent);
        conforms("post", "/oauth/register", 201, made);
        conforms("post", "/oauth/register", 400, register("{}"));
        conforms("post", "/oauth/register", 413, register("{\"x\":\"" + "x".repeat(20_000) + "\"}"));

        var client = Json.readObject(made.body());
        var path = "/oauth/register/" + client.get("client_id");
        var token = String.valueOf(client.get("registration_access_token"));
        conforms("get", "/oauth/register/{id}", 200, server.get(path, token));
        conforms("get", "/oauth/register/{id}", 401, server.get(path, "nonsense"));
        conforms("put", "/oauth/register/{id}", 200, change(path, token, "{\"scope\":null}"));
        conforms("put", "/oauth/register/{id}", 400, change(path, token, "{\"redirect_uris\":null}"));
        conforms("put", "/oauth/register/{id}", 401, change(path, "nonsense", "{}"));
        conforms("delete", "/oauth/register/{id}", 401, server.call("DELETE", path, "nonsense"));
        assertThat(server.call("DELETE", path, token).statusCode()).isEqualTo(204);
    }

    @Test
    void whatTheApiOfClientsAnswersIsDocumented() {
        var token = server.internalToken();
        var path = "/api/v1/clients";
        var client = "{\"client_id\":\"documented\",\"redirect_uris\":[\"https://app.example/\"]}";
        conforms("post", path, 201, server.postJson(path, client, token));
        conforms("post", path, 400, server.postJson(path, "{}", token));
        conforms("post", path, 409, server.postJson(path, client, token));
        conforms("get", path, 200, server.get(path + "?limit=2", token));
        conforms("get", path, 400, server.get(path + "?limit=0", token));
        conforms("get", path + "/{id}", 200, server.get(path + "/documented", token));
        conforms("get", path + "/{id}", 200, server.get(path + "/operator", token));
        conforms("get", path + "/{id}", 404, server.get(path + "/no-such", token));
        conforms("put", path + "/{id}", 200, change(path + "/documented", token, client));
        conforms("put", path + "/{id}", 409, change(path + "/operator", token, client));
        for (var action : List.of("secret", "disable", "enable")) {
            var documented = path + "/{id}/" + action;
            conforms("post", documented, 200, server.postJson(path + "/documented/" + action, "", token));
            conforms("post", documented, 404, server.postJson(path + "/no-such/" + action, "", token));
        }
        conforms("delete", path + "/{id}", 404, server.call("DELETE", path + "/no-such", token));
        assertThat(server.call("DELETE", path + "/documented", token).statusCode())
                .isEqualTo(204);
    }

    private HttpResponse<String> register(String body) {
        return server.post("/oauth/register", body, request -> request.header("Content-Type", "application/json"));
    }

    private HttpResponse<String> change(String path, String token, String body) {
        return server.send(server.request(path)
                .header("Content-Type", "application/json")
                .header("Authorization", "Bearer " + token)
                .PUT(java.net.http.HttpRequest.BodyPublishers.ofString(body)));
    }

    private void conforms(String method, String path, int status, HttpResponse<String> reply) {
        var what = method + " " + path + " " + status;
        assertThat(reply.statusCode()).as(what).isEqualTo(status);
        var operation = object(object(object(document.get("paths")).get(path)).get(method));
        var responses = object(operation.get("responses"));
        assertThat(responses).as(what).containsKey(Integer.toString(status));
        var response = resolved(responses.get(Integer.toString(status)));
        var type = reply.headers().firstValue("Content-Type").orElse("").replaceFirst(";.*", "");
        var content = object(response.get("content"));
        assertThat(content).as(what).containsKey(type);
        if (type.endsWith("json")) {
            matches(what, resolved(object(content.get(type)).get("schema")), Json.read(reply.body()));
        }
    }

    /// As much of JSON Schema as the document uses; an object has no member that its schema does not name.
    private void matches(String what, Map<String, @Nullable Object> schema, @Nullable Object value) {
        if (schema.containsKey("const")) {
            assertThat(value).as(what).isEqualTo(schema.get("const"));
        }
        switch (String.valueOf(schema.get("type"))) {
            case "object" -> {
                var members = object(value);
                if (schema.get("required") instanceof List<?> required) {
                    assertThat(members.keySet()).as(what).containsAll(List.copyOf(asTexts(required)));
                }
                if (schema.get("properties") != null) {
                    var properties = object(schema.get("properties"));
                    members.forEach((name, member) -> {
                        assertThat(properties).as(what).containsKey(name);
                        matches(what + " " + name, resolved(properties.get(name)), member);
                    });
                }
            }
            case "array" -> {
                assertThat(value).as(what).isInstanceOf(List.class);
                ((List<?>) java.util.Objects.requireNonNull(value))
                        .forEach(item -> matches(what + "[]", resolved(schema.get("items")), item));
            }
            case "string" -> assertThat(value).as(what).isInstanceOf(String.class);
            case "boolean" -> assertThat(value).as(what).isInstanceOf(Boolean.class);
            case "integer" -> assertThat(value).as(what).isInstanceOf(Long.class);
            default -> assertThat(schema).as(what).containsKey("const");
        }
    }

    private static List<String> asTexts(List<?> list) {
        return list.stream().map(String::valueOf).toList();
    }

    private Map<String, @Nullable Object> resolved(@Nullable Object node) {
        var map = object(node);
        if (!(map.get("$ref") instanceof String reference)) {
            return map;
        }
        @Nullable Object at = document;
        for (var step : reference.substring(2).split("/")) {
            at = object(at).get(step);
        }
        return object(at);
    }

    private static void walk(@Nullable Object node, List<String> references, List<Object> names) {
        switch (node) {
            case Map<?, ?> map ->
                map.forEach((name, value) -> {
                    if ("$ref".equals(name)) {
                        references.add(String.valueOf(value));
                    } else if ("operationId".equals(name)) {
                        names.add(String.valueOf(value));
                    }
                    walk(value, references, names);
                });
            case List<?> list -> list.forEach(item -> walk(item, references, names));
            case null, default -> {}
        }
    }
}
