package dev.behalf.registry.provider;

import static dev.behalf.registry.RunningRegistry.error;
import static dev.behalf.registry.RunningRegistry.header;
import static dev.behalf.registry.RunningRegistry.names;
import static dev.behalf.registry.RunningRegistry.provider;
import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.kernel.json.Json;
import dev.behalf.registry.RunningRegistry;
import dev.behalf.testkit.FakeAuthzServer;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The identity providers API, point by point; each point is a nested class.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class IdentityProvidersApiTest {

    private static final String PATH = "/api/identity-providers";

    private static final String GOOGLE = """
            {"name":"google-oidc","spec":{"host":"portal.agents.example.com","identityProvider":{\
            "issuer":"https://accounts.google.com","jwksUri":"https://www.googleapis.com/oauth2/v3/certs",\
            "audiences":["my-app.example.com"]},"userIDClaim":"email","allowedDomains":["example.com"]}}""";

    private static final String GOOGLE_STORED = """
            {"name":"google-oidc","namespace":"default","spec":{"host":"portal.agents.example.com","identityProvider":{\
            "issuer":"https://accounts.google.com","jwksUri":"https://www.googleapis.com/oauth2/v3/certs",\
            "audiences":["my-app.example.com"]},"userIDClaim":"email","allowedDomains":["example.com"]}}""";

    private RunningRegistry registry = RunningRegistry.start();

    @BeforeAll
    void register() {
        registry.put(GOOGLE);
    }

    @AfterAll
    void stop() {
        registry.close();
    }

    @Nested
    class Paths {

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "/api/identity-providers",
                    "/api/v1/identity-providers",
                    "/api/v1/workspaces/default/identity-providers"
                })
        void everyGenerationServesTheSameProviders(String path) {
            assertThat(registry.get(path + "/google-oidc").body()).isEqualTo(GOOGLE_STORED);
            assertThat(names(registry.get(path))).contains("google-oidc");
            assertThat(registry.post(path, GOOGLE).body()).isEqualTo(GOOGLE_STORED);
        }

        @Test
        void aWorkspaceIsANamespace() {
            var made = registry.post("/api/v1/workspaces/ws-1/identity-providers", provider("in-ws"));

            assertThat(made.statusCode()).isEqualTo(201);
            assertThat(Json.readObject(made.body())).containsEntry("namespace", "ws-1");
            assertThat(names(registry.get("/api/v1/workspaces/ws-1/identity-providers")))
                    .containsExactly("in-ws");
            assertThat(registry.get(PATH + "/in-ws").statusCode()).isEqualTo(404);
            assertThat(registry.get(PATH + "/in-ws?namespace=ws-1").statusCode())
                    .isEqualTo(200);
            assertThat(registry.delete("/api/v1/workspaces/ws-1/identity-providers/in-ws")
                            .body())
                    .isEqualTo("{\"status\":\"deleted\"}");
        }

        @Test
        void aNamespaceThatIsNotTheWorkspaceIsRefused() {
            var body = provider("confused").replace("\"spec\"", "\"namespace\":\"other\",\"spec\"");

            var reply = registry.post("/api/v1/workspaces/ws-1/identity-providers", body);

            assertThat(reply.statusCode()).isEqualTo(400);
            assertThat(error(reply)).startsWith("namespace ");
        }
    }

    @Nested
    class Auth {

        @Test
        void withoutATokenNothingIsAnswered() {
            for (var path : List.of(
                    PATH,
                    PATH + "/google-oidc",
                    PATH + "/google-oidc/status",
                    "/api/identity-provider-events",
                    "/internal/identity-providers")) {
                var reply = registry.send(HttpRequest.newBuilder(uri(path)));

                assertThat(reply.statusCode()).as(path).isEqualTo(401);
                assertThat(header(reply, "WWW-Authenticate")).startsWith("Bearer");
            }
        }

        @ParameterizedTest
        @CsvSource({
            "urn:behalf:management, identity-providers:read identity-providers:write, 401",
            "urn:behalf:jwt-validator, identity-providers:read identity-providers:write, 401",
            "urn:behalf:idp-registry, identity-providers:read, 403",
            "urn:behalf:idp-registry, tokens:judge, 403",
            "urn:behalf:idp-registry, '', 403",
        })
        void aTokenForSomethingElseChangesNothing(String audience, String scope, int status) {
            var token = FakeAuthzServer.shared().token(audience, scope);

            var reply = registry.send(HttpRequest.newBuilder(uri(PATH + "/google-oidc"))
                    .header("Authorization", "Bearer " + token)
                    .DELETE());

            assertThat(reply.statusCode()).isEqualTo(status);
            assertThat(registry.get(PATH + "/google-oidc").statusCode()).isEqualTo(200);
        }

        @Test
        void anExpiredTokenIsRefused() {
            var token =
                    FakeAuthzServer.shared().token(RunningRegistry.AUDIENCE, RunningRegistry.READ, Map.of("exp", 1));

            var reply = registry.send(HttpRequest.newBuilder(uri(PATH)).header("Authorization", "Bearer " + token));

            assertThat(reply.statusCode()).isEqualTo(401);
        }

        private URI uri(String path) {
            return URI.create("http://127.0.0.1:" + registry.port() + path);
        }
    }

    @Nested
    class ListAll {

        @Test
        void isABareArrayInTheOrderOfNames() {
            registry.put(provider("list-b"));
            registry.put(provider("list-a"));

            var reply = registry.get(PATH);

            assertThat(reply.statusCode()).isEqualTo(200);
            assertThat(header(reply, "Content-Type")).isEqualTo("application/json");
            assertThat(reply.body()).startsWith("[{").contains(GOOGLE_STORED);
            assertThat(names(reply)).containsSubsequence("google-oidc", "list-a", "list-b");
        }

        @Test
        void canBeFiltered() {
            registry.put(provider("filtered"));

            assertThat(names(registry.get(PATH + "?host=Filtered.Example.com.")))
                    .containsExactly("filtered");
            assertThat(names(registry.get(PATH + "?issuer=https://accounts.google.com")))
                    .containsExactly("google-oidc");
            assertThat(names(registry.get(PATH + "?issuer=https://accounts.google.com/")))
                    .isEmpty();
            assertThat(registry.get(PATH + "?namespace=nobodys").body()).isEqualTo("[]");
        }
    }

    @Nested
    class Create {

        @Test
        void answers201WithTheDocumentedBodyBothTimes() {
            registry.delete(PATH + "/google-oidc");

            var created = registry.post(PATH, GOOGLE);
            var updated = registry.post(PATH, GOOGLE);

            assertThat(created.statusCode()).isEqualTo(201);
            assertThat(updated.statusCode()).isEqualTo(201);
            assertThat(created.body()).isEqualTo(GOOGLE_STORED);
            assertThat(updated.body()).isEqualTo(GOOGLE_STORED);
            assertThat(header(created, "Content-Type")).isEqualTo("application/json");
        }

        @Test
        void leavesOutWhatIsEmpty() {
            var reply = registry.put("""
                    {"name":"auth0-prod","spec":{"host":"app.example.com","identityProvider":{\
                    "issuer":"https://example.us.auth0.com/",\
                    "jwksUri":"https://example.us.auth0.com/.well-known/jwks.json","audiences":[]},\
                    "userIDClaim":"sub","allowedDomains":[]}}""");

            assertThat(reply.body()).isEqualTo("""
                    {"name":"auth0-prod","namespace":"default","spec":{"host":"app.example.com","identityProvider":{\
                    "issuer":"https://example.us.auth0.com/",\
                    "jwksUri":"https://example.us.auth0.com/.well-known/jwks.json"},"userIDClaim":"sub"}}""");
        }

        @Test
        void withDryRunSaysWhatWouldBeAndChangesNothing() {
            var reply = registry.post(PATH + "?dryRun=true", provider("rehearsed"));

            assertThat(reply.statusCode()).isEqualTo(201);
            assertThat(Json.readObject(reply.body())).containsEntry("name", "rehearsed");
            assertThat(registry.get(PATH + "/rehearsed").statusCode()).isEqualTo(404);
            assertThat(registry.post(PATH + "?dryRun=All", "{}").statusCode()).isEqualTo(400);
            assertThat(registry.post(PATH + "?dryRun=maybe", provider("x")).statusCode())
                    .isEqualTo(400);
        }
    }

    @Nested
    class Get {

        @Test
        void answersTheProviderAlone() {
            var reply = registry.get(PATH + "/google-oidc");

            assertThat(reply.statusCode()).isEqualTo(200);
            assertThat(reply.body()).isEqualTo(GOOGLE_STORED);
        }

        @Test
        void ofWhatIsNotThereIs404InTheKnownWords() {
            var reply = registry.get(PATH + "/no-such");

            assertThat(reply.statusCode()).isEqualTo(404);
            assertThat(header(reply, "Content-Type")).isEqualTo("application/problem+json");
            assertThat(error(reply)).isEqualTo("identity provider \"no-such\" not found");
        }

        @Test
        void isNotModifiedForOneWhoHasIt() {
            var tag = Objects.requireNonNull(header(registry.get(PATH + "/google-oidc"), "ETag"));

            for (var known : List.of(tag, "W/" + tag, "\"0\", " + tag, "*")) {
                var reply = registry.get(PATH + "/google-oidc", "If-None-Match", known);

                assertThat(reply.statusCode()).as(known).isEqualTo(304);
                assertThat(reply.body()).isEmpty();
            }
            assertThat(registry.get(PATH + "/google-oidc", "If-None-Match", "\"0\"")
                            .statusCode())
                    .isEqualTo(200);
        }
    }

    @Nested
    class Delete {

        @Test
        void saysDeletedOnceAnd404AfterThat() {
            registry.put(provider("gone"));

            var first = registry.delete(PATH + "/gone");
            var second = registry.delete(PATH + "/gone");

            assertThat(first.statusCode()).isEqualTo(200);
            assertThat(first.body()).isEqualTo("{\"status\":\"deleted\"}");
            assertThat(header(first, "Content-Type")).isEqualTo("application/json");
            assertThat(second.statusCode()).isEqualTo(404);
            assertThat(error(second)).isEqualTo("identity provider \"gone\" not found");
        }

        @Test
        void withDryRunDeletesNothing() {
            assertThat(registry.delete(PATH + "/google-oidc?dryRun=true").statusCode())
                    .isEqualTo(200);
            assertThat(registry.get(PATH + "/google-oidc").statusCode()).isEqualTo(200);
        }
    }

    @Nested
    class UpdateVerbs {

        @ParameterizedTest
        @CsvSource({
            "PUT, /api/identity-providers/google-oidc",
            "PATCH, /api/identity-providers/google-oidc",
            "POST, /api/identity-providers/google-oidc",
            "PUT, /api/v1/identity-providers",
            "DELETE, /api/v1/identity-providers",
            "PATCH, /api/v1/workspaces/default/identity-providers/google-oidc",
            "DELETE, /api/identity-providers/google-oidc/status",
            "GET, /api/identity-providers/google-oidc/try",
        })
        void areNotAllowed(String method, String path) {
            var reply = registry.send(registry.request(path)
                    .header("Content-Type", "application/json")
                    .method(method, HttpRequest.BodyPublishers.ofString(method.equals("GET") ? "" : GOOGLE)));

            assertThat(reply.statusCode()).isEqualTo(405);
            assertThat(header(reply, "Allow")).isNotBlank().doesNotContain(method);
            assertThat(header(reply, "Content-Type")).isEqualTo("application/problem+json");
            assertThat(error(reply)).isEqualTo("this method is not allowed here");
        }
    }

    @Nested
    class Required {

        @ParameterizedTest
        @CsvSource({
            "name, name",
            "spec, spec",
            "host, spec.host",
            "identityProvider, spec.identityProvider",
            "issuer, spec.identityProvider.issuer",
            "jwksUri, spec.identityProvider.jwksUri",
            "userIDClaim, spec.userIDClaim",
        })
        void eachIsNamedWhenItIsMissing(String member, String path) {
            for (var body : List.of(
                    GOOGLE.replace("\"" + member + "\"", "\"x-" + member + "\""),
                    GOOGLE.replaceFirst("\"" + member + "\":(\"[^\"]*\"|\\{.*})", "\"" + member + "\":null"))) {
                var reply = registry.post(PATH, closed(body));

                assertThat(reply.statusCode()).as(body).isEqualTo(400);
                assertThat(error(reply)).isEqualTo(path + " is required");
            }
        }

        @Test
        void anIssuerAloneIsNotEnough() {
            var reply = registry.post(PATH, """
                    {"name":"a","spec":{"host":"a.example.com","identityProvider":{"issuer":"https://a.example.com"}}}""");

            assertThat(reply.statusCode()).isEqualTo(400);
            assertThat(error(reply)).isEqualTo("spec.identityProvider.jwksUri is required");
        }

        /// The pattern above takes all closing braces with it when the member is an object.
        private static String closed(String body) {
            long open = body.chars().filter(c -> c == '{').count()
                    - body.chars().filter(c -> c == '}').count();
            return body + "}".repeat((int) open);
        }
    }

    @Nested
    class Errors {

        @Test
        void areOneProblemWithTheTextOnTop() {
            var reply = registry.post(PATH, "{}");

            assertThat(reply.statusCode()).isEqualTo(400);
            assertThat(header(reply, "Content-Type")).isEqualTo("application/problem+json");
            assertThat(reply.body()).startsWith("{\"error\":\"name is required\"");
            assertThat(Json.readObject(reply.body()))
                    .containsEntry("detail", "name is required")
                    .containsEntry("status", 400L)
                    .containsEntry("title", "Bad Request");
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "text/plain",
                    "application/x-www-form-urlencoded",
                    "multipart/form-data",
                    "text/json",
                    "*/*",
                    "x"
                })
        void aBodyOfAnotherMediaTypeIs415(String type) {
            var reply = registry.send(registry.request(PATH)
                    .header("Content-Type", type)
                    .POST(HttpRequest.BodyPublishers.ofString(GOOGLE)));

            assertThat(reply.statusCode()).isEqualTo(415);
            assertThat(header(reply, "Content-Type")).isEqualTo("application/problem+json");
        }

        @ParameterizedTest
        @ValueSource(strings = {"gzip", "deflate", "br", "identity", "x"})
        void aBodyWithAContentCodingIs415(String coding) {
            for (var method : List.of(PATH, PATH + "/google-oidc/try")) {
                var reply = registry.post(method, GOOGLE, "Content-Encoding", coding);

                assertThat(reply.statusCode()).isEqualTo(415);
                assertThat(header(reply, "Content-Type")).isEqualTo("application/problem+json");
            }
        }

        @Test
        void aBodyOfMoreThan64KiBIs413() {
            for (var body : List.of(provider("a") + " ".repeat(64 * 1024), "[".repeat(200_000))) {
                var reply = registry.post(PATH, body);

                assertThat(reply.statusCode()).isEqualTo(413);
                assertThat(header(reply, "Content-Type")).isEqualTo("application/problem+json");
            }
        }

        @Test
        void anUnknownPathIs404() {
            var reply = registry.get("/api/identity-provider");

            assertThat(reply.statusCode()).isEqualTo(404);
            assertThat(error(reply)).isEqualTo("there is nothing at this path");
        }
    }

    @Nested
    class CommandLineClient {

        /// `apply` asks first, and calls the answer "created" or "updated" by that.
        @Test
        void appliesAFileTwice() {
            assertThat(registry.get("/api/v1/identity-providers/okta-corp").statusCode())
                    .isEqualTo(404);
            var okta = """
                    {"name":"okta-corp","spec":{"host":"internal.example.com","identityProvider":{\
                    "issuer":"https://example.okta.com/oauth2/default",\
                    "jwksUri":"https://example.okta.com/oauth2/default/v1/keys","audiences":["api://default"]},\
                    "userIDClaim":"email"}}""";
            assertThat(registry.post("/api/v1/identity-providers", okta).statusCode())
                    .isEqualTo(201);
            assertThat(registry.get("/api/v1/identity-providers/okta-corp").statusCode())
                    .isEqualTo(200);
            assertThat(registry.post("/api/v1/identity-providers", okta).statusCode())
                    .isEqualTo(201);
        }
    }

    @Nested
    class AllowedDomains {

        @Test
        void areKeptInTheFormInWhichTheyAreCompared() {
            var body = provider("domains")
                    .replace(
                            "\"userIDClaim\"",
                            "\"allowedDomains\":[\"Example.COM\",\"example.com.\",\"bücher.example\"],\"userIDClaim\"");

            assertThat(registry.put(body).body())
                    .contains("\"allowedDomains\":[\"example.com\",\"xn--bcher-kva.example\"]");
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "@example.com",
                    "ann@example.com",
                    "*.example.com",
                    "*",
                    ".example.com",
                    "example..com",
                    "exa mple.com",
                    "example.com:443",
                    "https://example.com",
                    "-a.com",
                    "a_b.com",
                    "\u212aiss.example",
                    "stra\u00dfe.example",
                    "example\u3002com",
                    "xn--.com"
                })
        void whatIsNoDomainIsRefused(String domain) {
            var body = provider("domains-bad")
                    .replace(
                            "\"userIDClaim\"",
                            "\"allowedDomains\":[\"example.com\"," + Json.text(domain) + "],\"userIDClaim\"");

            var reply = registry.post(PATH, body);

            assertThat(reply.statusCode()).isEqualTo(400);
            assertThat(error(reply)).startsWith("spec.allowedDomains[1] ");
        }
    }

    @Nested
    class UserIdClaim {

        @ParameterizedTest
        @ValueSource(strings = {"sub", "email", "https://example.com/user", "profile.mail", "preferred_username"})
        void isAnyNameOfAClaim(String claim) {
            var reply = registry.put(provider("claim").replace("\"email\"", Json.text(claim)));

            assertThat(reply.body()).contains("\"userIDClaim\":" + Json.text(claim));
        }
    }

    @Nested
    class Host {

        @ParameterizedTest
        @CsvSource({
            "Portal.Agents.Example.COM, portal.agents.example.com",
            "portal.example.com., portal.example.com",
            "' portal.example.com ', portal.example.com",
            "bücher.example, xn--bcher-kva.example",
            "BÜCHER.example, xn--bcher-kva.example",
            "localhost, localhost",
            "10.0.0.1, 10.0.0.1",
        })
        void isKeptLowerCaseInAscii(String given, String kept) {
            var body = provider("host-form").replace("\"host-form.example.com\"", Json.text(given));

            assertThat(registry.put(body).body()).contains("\"host\":\"" + kept + "\"");
        }

        @Test
        void hasSeveralProvidersApartByIssuer() {
            var first = provider("same-host-1").replace("same-host-1.example.com", "shared.example.com");
            var second = provider("same-host-2")
                    .replace("same-host-2.example.com", "shared.example.com")
                    .replace("https://idp.example.com\"", "https://idp2.example.com\"");

            assertThat(registry.post(PATH, first).statusCode()).isEqualTo(201);
            assertThat(registry.post(PATH, second).statusCode()).isEqualTo(201);
        }

        @ParameterizedTest(name = "{0} beside {1}: {2}")
        @CsvSource(
                delimiter = '|',
                value = {
                    ",\"audiences\":[\"a\"] | ,\"audiences\":[\"b\"] | 201",
                    ",\"audiences\":[\"a\"] | ,\"audiences\":[\"b\",\"a\"] | 409",
                    ",\"audiences\":[\"a\"] | '' | 409",
                    "'' | '' | 409",
                    "'' | ,\"issuerAliases\":[\"other\"] | 409",
                    ",\"audiences\":[\"a\"] | ,\"audiences\":[\"b\"],\"issuerAliases\":[\"other\"] | 201",
                })
        void withOneIssuerTwiceNeedsAudiencesThatAreApart(String first, String second, int status) {
            registry.delete(PATH + "/twin-1");
            registry.delete(PATH + "/twin-2");
            registry.put(provider("twin-1", first).replace("twin-1.example.com", "twins.example.com"));

            var reply =
                    registry.post(PATH, provider("twin-2", second).replace("twin-2.example.com", "twins.example.com"));

            assertThat(reply.statusCode()).isEqualTo(status);
            if (status == 409) {
                assertThat(error(reply)).contains("identity provider \"twin-1\"");
                assertThat(registry.get(PATH + "/twin-2").statusCode()).isEqualTo(404);
            }
        }

        @Test
        void anAliasCountsAsTheIssuer() {
            registry.put(provider("alias-1").replace("alias-1.example.com", "aliases.example.com"));

            var reply = registry.post(
                    PATH,
                    provider("alias-2", ",\"issuerAliases\":[\"https://idp.example.com\"]")
                            .replace("alias-2.example.com", "aliases.example.com")
                            .replace(
                                    "\"issuer\":\"https://idp.example.com\"",
                                    "\"issuer\":\"https://idp3.example.com\""));

            assertThat(reply.statusCode()).isEqualTo(409);
        }
    }

    @Nested
    class IssuerCompare {

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "https://example.us.auth0.com/",
                    "https://example.us.auth0.com",
                    "HTTPS://Example.us.auth0.com/Path?x=%2f",
                    "https://login.microsoftonline.com/72f988bf-86f1-41af-91ab-2d7cd011db47/v2.0"
                })
        void isByteForByteSoItIsKeptAsGiven(String issuer) {
            var body = provider("issuer-form").replace("\"https://idp.example.com\"", Json.text(issuer));

            assertThat(registry.put(body).body()).contains("\"issuer\":" + Json.text(issuer));
        }

        @Test
        void aBareAliasIsAcceptedWhenItIsConfigured() {
            var reply = registry.put(provider("bare", ",\"issuerAliases\":[\"accounts.google.com\"]"));

            assertThat(reply.body()).contains("\"issuerAliases\":[\"accounts.google.com\"]");
        }
    }

    @Nested
    class AudiencesEmpty {

        @Test
        void areAllowedAndLeftOut() {
            assertThat(registry.put(provider("any-audience")).body()).doesNotContain("audiences");
        }
    }

    @Nested
    class Namespace {

        @Test
        void andNameTogetherAreTheIdentity() {
            registry.put(provider("ns")
                    .replace("\"spec\"", "\"namespace\":\"team-a\",\"spec\"")
                    .replace("ns.example.com", "ns-a.example.com"));
            registry.put(provider("ns"));

            assertThat(registry.get(PATH + "/ns?namespace=team-a").body()).contains("ns-a.example.com");
            assertThat(registry.get(PATH + "/ns").body()).contains("\"ns.example.com\"");
            assertThat(names(registry.get(PATH + "?namespace=team-a"))).containsExactly("ns");
            assertThat(names(registry.get(PATH))).filteredOn("ns"::equals).hasSize(2);

            assertThat(registry.delete(PATH + "/ns?namespace=team-a").statusCode())
                    .isEqualTo(200);
            assertThat(registry.get(PATH + "/ns").statusCode()).isEqualTo(200);
        }
    }

    @Nested
    class NameGrammar {

        @ParameterizedTest
        @ValueSource(strings = {"a", "0", "A.b_c-d.9", "changes", "status", "try"})
        void lettersDigitsAndThreeMarks(String name) {
            assertThat(registry.post(PATH, provider("grammar").replace("\"grammar\"", Json.text(name)))
                            .statusCode())
                    .isEqualTo(201);
            assertThat(registry.get(PATH + "/" + name).statusCode()).isEqualTo(200);
            assertThat(registry.delete(PATH + "/" + name).statusCode()).isEqualTo(200);
        }

        @Test
        void upTo253Characters() {
            var longest = "n".repeat(253);

            assertThat(registry.post(PATH, provider("grammar").replace("\"grammar\"", Json.text(longest)))
                            .statusCode())
                    .isEqualTo(201);
            assertThat(registry.delete(PATH + "/" + longest).statusCode()).isEqualTo(200);
            assertThat(registry.post(PATH, provider("grammar").replace("\"grammar\"", Json.text(longest + "n")))
                            .statusCode())
                    .isEqualTo(400);
        }

        @ParameterizedTest
        @ValueSource(strings = {"-a", "a-", ".", "..", "a/b", "a b", "ä", "a%2Fb", "_a", "a\u0000b", "a\nb", "n/../m"})
        void nothingElse(String name) {
            var reply = registry.post(PATH, provider("grammar").replace("\"grammar\"", Json.text(name)));

            assertThat(reply.statusCode()).isEqualTo(400);
            assertThat(error(reply)).startsWith("name ");
        }
    }

    @Nested
    class UpsertSemantics {

        @Test
        void theSpecIsReplacedWhole() {
            registry.put(provider("whole", ",\"audiences\":[\"a\"],\"algorithms\":[\"RS256\"]"));

            assertThat(registry.put(provider("whole")).body())
                    .doesNotContain("audiences")
                    .doesNotContain("algorithms");
        }

        @Test
        void whatSaysTheSameIsNoChange() {
            var first = registry.put(provider("same"));
            var again = registry.put(provider("same").replace("\"spec\"", "\"unknown\": 1, \"spec\""));
            var other = registry.put(provider("same", ",\"audiences\":[\"a\"]"));

            assertThat(header(again, "ETag")).isEqualTo(header(first, "ETag"));
            assertThat(header(other, "ETag")).isNotEqualTo(header(first, "ETag"));
        }

        @Test
        void ifMatchLetsOnlyTheKnownRevisionBeReplaced() {
            var tag = tag(registry.put(provider("matched")));

            assertThat(put("matched", "a", "If-Match", "\"1000000\"").statusCode())
                    .isEqualTo(412);
            assertThat(put("matched", "a", "If-Match", "W/" + tag).statusCode()).isEqualTo(412);
            assertThat(put("matched", "a", "If-Match", tag.replace("\"", "")).statusCode())
                    .isEqualTo(412);
            assertThat(put("matched", "a", "If-Match", "\"0\", " + tag).statusCode())
                    .isEqualTo(201);
            assertThat(put("matched", "b", "If-Match", tag).statusCode()).isEqualTo(412);
            assertThat(put("matched", "b", "If-Match", "*").statusCode()).isEqualTo(201);
            assertThat(put("unheard-of", "b", "If-Match", "*").statusCode()).isEqualTo(412);
            assertThat(registry.get(PATH + "/matched").body()).contains("[\"b\"]");
            assertThat(registry.get(PATH + "/unheard-of").statusCode()).isEqualTo(404);
        }

        @Test
        void ifNoneMatchAnyCreatesOnly() {
            assertThat(put("fresh", "a", "If-None-Match", "*").statusCode()).isEqualTo(201);
            assertThat(put("fresh", "b", "If-None-Match", "*").statusCode()).isEqualTo(412);
        }

        @Test
        void ifMatchGuardsADeletion() {
            var tag = tag(registry.put(provider("guarded")));

            assertThat(registry.delete(PATH + "/guarded", "If-Match", "\"1000000\"")
                            .statusCode())
                    .isEqualTo(412);
            assertThat(registry.delete(PATH + "/guarded", "If-Match", tag).statusCode())
                    .isEqualTo(200);
            assertThat(registry.delete(PATH + "/guarded", "If-Match", tag).statusCode())
                    .isIn(404, 412);
        }

        private HttpResponse<String> put(String name, String audience, String... headers) {
            return registry.post(PATH, provider(name, ",\"audiences\":[\"" + audience + "\"]"), headers);
        }

        private static String tag(HttpResponse<String> reply) {
            return Objects.requireNonNull(header(reply, "ETag"));
        }
    }

    @Nested
    class UnknownFields {

        @Test
        void areIgnoredAtTheTopAndBelow() {
            var body = provider("evolved", ",\"discoveryUrl\":\"x\"")
                    .replace("\"spec\"", "\"apiVersion\":\"v9\",\"spec\"");

            assertThat(registry.put(body).body()).doesNotContain("v9").doesNotContain("discoveryUrl");
        }

        @Test
        void belowSpecAreRefusedInStrictMode() {
            var below = registry.post(PATH + "?strict=true", provider("strict", ",\"discoveryUrl\":\"x\""));
            var top = registry.post(
                    PATH + "?strict=true", provider("strict").replace("\"spec\"", "\"apiVersion\":\"v9\",\"spec\""));

            assertThat(below.statusCode()).isEqualTo(400);
            assertThat(error(below)).startsWith("spec.identityProvider ");
            assertThat(top.statusCode()).isEqualTo(201);
        }
    }

    @Nested
    class JwksUriSafety {

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "http://idp.example.com/keys",
                    "ftp://idp.example.com/keys",
                    "file:///etc/passwd",
                    "jar:https://idp.example.com!/keys",
                    "data:application/json,{}",
                    "//idp.example.com/keys",
                    "/keys",
                    "keys",
                    "https:",
                    "https://",
                    "https:///keys",
                    "https:idp.example.com/keys",
                    "https://idp.example.com:0/keys",
                    "https://idp.example.com:65536/keys",
                    "https://idp.example.com:abc/keys",
                    "https://user@idp.example.com/keys",
                    "https://user:password@idp.example.com/keys",
                    "https://idp.example.com@127.0.0.1/keys",
                    "https://idp.example.com/keys#fragment",
                    "https://idp.example.com/ke ys",
                    "https://idp.example.com/ke\\ys",
                    "https://idp.example.com\\@127.0.0.1/",
                    "https://bücher.example/keys",
                    "https://127.0.0.1/keys",
                    "https://127.1/keys",
                    "https://2130706433/keys",
                    "https://0x7f000001/keys",
                    "https://0177.0.0.1/keys",
                    "https://0/keys",
                    "https://localhost/keys",
                    "https://localhost./keys",
                    "https://sub.localhost/keys",
                    "https://[::1]/keys",
                    "https://[::]/keys",
                    "https://[::ffff:127.0.0.1]/keys",
                    "https://[::ffff:a9fe:a9fe]/keys",
                    "https://[64:ff9b::7f00:1]/keys",
                    "https://[fe80::1]/keys",
                    "https://[fe80::1%25eth0]/keys",
                    "https://[fd00::1]/keys",
                    "https://[::1/keys",
                    "https://10.0.0.1/keys",
                    "https://172.16.0.1/keys",
                    "https://192.168.1.1/keys",
                    "https://100.64.0.1/keys",
                    "https://169.254.169.254/latest/meta-data",
                    "https://0.0.0.0/keys",
                    "https://224.0.0.1/keys",
                    "https://255.255.255.255/keys",
                    "https://a..example.com/keys",
                    "https://${host}/keys",
                    "https://%31%32%37.0.0.1/keys",
                })
        void aUrlThatMustNotBeCalledIsRefused(String url) {
            var reply =
                    registry.post(PATH, provider("ssrf").replace("\"https://idp.example.com/keys\"", Json.text(url)));

            assertThat(reply.statusCode()).isEqualTo(400);
            assertThat(error(reply))
                    .startsWith("spec.identityProvider.jwksUri ")
                    .doesNotContain(url);
        }

        @Test
        void aUrlThatNobodyAnswersIsAccepted() {
            var reply = registry.post(PATH, provider("silent").replace("idp.example.com/keys", "nobody.invalid/keys"));

            assertThat(reply.statusCode()).isEqualTo(201);
        }
    }
}
