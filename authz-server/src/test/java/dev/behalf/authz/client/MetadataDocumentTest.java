package dev.behalf.authz.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.authz.RunningAuthzServer;
import dev.behalf.authz.client.ClientHost.Page;
import dev.behalf.kernel.json.Json;
import dev.behalf.testkit.RawUpstream;
import dev.behalf.testkit.TestPostgres;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// draft-ietf-oauth-client-id-metadata-document: a client whose id is the URL of its metadata. At the token
/// endpoint a client that is known is told that its grant is not, and one that is not why.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MetadataDocumentTest {

    private static final AtomicInteger PATHS = new AtomicInteger();

    private final ClientHost host = new ClientHost();
    private final RawUpstream silent = new RawUpstream((socket, in, out) -> in.transferTo(out));
    private final RunningAuthzServer server = RunningAuthzServer.start(
            TestPostgres.shared().newDatabase(),
            Map.of("behalf.test.clock", true, "behalf.outbound.allow", host.authority()));

    @AfterAll
    void stop() {
        server.close();
        host.close();
        silent.close();
    }

    @Test
    void aClientIsWhoItsDocumentSays() {
        var url = publish(document -> {});

        isKnown(ask(url));
        var client = server.bean(Clients.class).find(url).toFuture().join();
        assertThat(client.origin()).isEqualTo(Client.Origin.METADATA_DOCUMENT);
        assertThat(client.metadata().name()).isEqualTo("Agent");
        assertThat(client.metadata().accepts("http://localhost:4711/callback")).isTrue();
        assertThat(client.metadata().accepts("http://localhost:4711/callback/")).isFalse();
        assertThat(client.metadata().accepts("https://other.example/callback")).isFalse();
        assertThat(client.resources()).isEmpty();
    }

    @Test
    void unknownMembersAndForeignLogosAndUnsupportedGrantsAreTolerated() {
        isKnown(ask(publish(document -> {
            document.put("token_endpoint_auth_methods_supported", List.of("none", "private_key_jwt"));
            document.put("logo_uri", "https://cdn.other.example/logo.png");
            document.put(
                    "grant_types",
                    List.of("authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:jwt-bearer"));
            document.put("x", Map.of("y", List.of(1)));
        })));
    }

    @Test
    void theDocumentNamesItsOwnUrlToTheByte() {
        refused(publish(document -> document.put("client_id", "http://evil.example/client.json")), "client_id");
        refused(publish(document -> document.remove("client_id")), "client_id");
        refused(publish(document -> document.put("client_id", document.get("client_id") + "/")), "client_id");
    }

    @Test
    void aSecretCannotBeAgreedOnInPublic() {
        for (var method : List.of("client_secret_basic", "client_secret_post", "client_secret_jwt")) {
            refused(publish(document -> document.put("token_endpoint_auth_method", method)), "auth_method");
        }
        refused(publish(document -> document.put("client_secret", "x")), "client_secret");
        refused(publish(document -> document.put("client_secret_expires_at", 0)), "client_secret");
    }

    @Test
    void theAlgorithmOfItsIdTokensIsOneThatWeSignWith() {
        isKnown(ask(publish(document -> document.put("id_token_signed_response_alg", "EdDSA"))));
        refused(publish(document -> document.put("id_token_signed_response_alg", "none")), "id_token");
    }

    @Test
    void redirectUrisOfADocumentAreJudgedAsAllOthers() {
        refused(publish(document -> document.put("redirect_uris", List.of("javascript:alert(1)"))), "redirect URI");
        refused(publish(document -> document.remove("redirect_uris")), "redirect_uris");
    }

    @Test
    void whatIsNoSmallJsonDocumentIsNone() {
        refused(host.url("/no-such"), "answered 404");
        refused(host.publish("/text", new Page(200, Map.of("Content-Type", "text/html"), "{}")), "JSON");
        refused(host.publish("/broken", Page.json("{")), "JSON");
        refused(host.publish("/list", Page.json("[]")), "JSON");
        refused(host.publish("/large", Page.json("{\"x\":\"" + "x".repeat(40_000) + "\"}")), "larger than");
        var good = publish(document -> {});
        refused(host.publish("/moved", new Page(302, Map.of("Location", good), "")), "answered 302");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://agent.example",
                "https://user@agent.example/client.json",
                "https://agent.example/client.json#x",
                "https://agent.example/a/../client.json",
                "https://agent.example/./client.json",
                "https://agent.example/%2e%2E/client.json",
                "http://agent.example/client.json",
                "https:///client.json",
                "https://0x7f.1/client.json",
                "https://agent.example:99999/x",
                "https://agent.example/a b"
            })
    void aUrlThatNoClientCanHaveIsUnknown(String url) {
        var reply = ask(url);

        assertThat(reply.statusCode()).isEqualTo(401);
        assertThat(Json.readObject(reply.body())).containsEntry("error", "invalid_client");
    }

    @Test
    void noConnectionIsMadeToAnAddressThatIsNotPublic() {
        var port = silent.url().substring(silent.url().lastIndexOf(':'));
        for (var name : List.of("127.0.0.1", "localhost", "[::1]", "2130706433", "[::ffff:127.0.0.1]")) {
            refused("https://" + name + port + "/client.json", "loopback or private");
        }
        refused("https://169.254.169.254/client.json", "link-local");

        assertThat(silent.connections()).isZero();
    }

    @Test
    void aDocumentIsRememberedAsLongAsItsHostSays() {
        var path = "/" + PATHS.incrementAndGet();
        var document = document(host.url(path));
        var headers = Map.of("Content-Type", "application/json; charset=utf-8", "Cache-Control", "public, max-age=300");
        var url = host.publish(path, new Page(200, headers, Json.text(document)));
        int before = host.requests();

        isKnown(ask(url));
        isKnown(ask(url));
        assertThat(host.requests()).isEqualTo(before + 1);

        server.clock().forward(Duration.ofSeconds(299));
        isKnown(ask(url));
        assertThat(host.requests()).isEqualTo(before + 1);
        server.clock().forward(Duration.ofSeconds(1));
        isKnown(ask(url));
        assertThat(host.requests()).isEqualTo(before + 2);
    }

    @Test
    void aKnownClientOutlivesATroubleOfItsHostButNotForever() {
        var path = "/" + PATHS.incrementAndGet();
        var url = host.publish(path, Page.json(Json.text(document(host.url(path)))));
        isKnown(ask(url));

        host.publish(path, new Page(500, Map.of(), "trouble"));
        server.clock().forward(Duration.ofMinutes(11));
        isKnown(ask(url));
        server.clock().forward(Duration.ofMinutes(60));
        refused(url, "answered 500");

        host.publish(path, Page.json(Json.text(document(url))));
        refused(url, "answered 500"); // remembered for half a minute
        server.clock().forward(Duration.ofSeconds(31));
        isKnown(ask(url));
    }

    @Test
    void nobodyIsFloodedThroughUsAndWhatIsKnownServesMeanwhile() {
        var known = publish(document -> {});
        isKnown(ask(known));
        server.clock().forward(Duration.ofMinutes(11));
        int before = host.requests();
        for (int i = 0; i < 40; i++) {
            var _ = ask(host.url("/flood/" + i));
        }

        assertThat(host.requests()).isEqualTo(before + 30);
        refused(host.url("/flood/more"), "too many");
        isKnown(ask(known));
        assertThat(host.requests()).isEqualTo(before + 30);
        server.clock().forward(Duration.ofSeconds(31));
        refused(host.url("/flood/more"), "answered 404");
    }

    @Test
    void manyAtOnceCostOneFetch() throws Exception {
        var url = publish(document -> {});
        int before = host.requests();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var all = new java.util.ArrayList<CompletableFuture<HttpResponse<String>>>();
            for (int i = 0; i < 20; i++) {
                all.add(CompletableFuture.supplyAsync(() -> ask(url), threads));
            }
            for (var one : all) {
                isKnown(one.get());
            }
        }

        assertThat(host.requests()).isEqualTo(before + 1);
    }

    private String publish(Consumer<Map<String, @Nullable Object>> change) {
        var path = "/clients/" + PATHS.incrementAndGet();
        var document = document(host.url(path));
        change.accept(document);
        server.clock().forward(Duration.ofSeconds(5)); // as often as one host is asked
        return host.publish(path, Page.json(Json.text(document)));
    }

    private static Map<String, @Nullable Object> document(String url) {
        var document = new HashMap<String, @Nullable Object>();
        document.put("client_id", url);
        document.put("client_name", "Agent");
        document.put("redirect_uris", List.of("http://localhost:3000/callback", "https://agent.example/callback"));
        document.put("token_endpoint_auth_method", "none");
        return document;
    }

    private HttpResponse<String> ask(String clientId) {
        return server.post(
                "/oauth/token",
                "grant_type=urn:example:none&client_id=" + URLEncoder.encode(clientId, StandardCharsets.UTF_8),
                request -> request.header("Content-Type", "application/x-www-form-urlencoded"));
    }

    private void refused(String url, String why) {
        var reply = ask(url);
        assertThat(reply.statusCode()).as(reply.body()).isEqualTo(400);
        var json = Json.readObject(reply.body());
        assertThat(json).containsEntry("error", "invalid_client");
        assertThat(String.valueOf(json.get("error_description"))).contains(why);
    }

    private static void isKnown(HttpResponse<String> reply) {
        assertThat(reply.statusCode()).as(reply.body()).isEqualTo(400);
        assertThat(Json.readObject(reply.body())).containsEntry("error", "unsupported_grant_type");
    }
}
