package dev.behalf.authz.account;

import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.authz.Person;
import dev.behalf.authz.RunningAuthzServer;
import dev.behalf.kernel.json.Json;
import dev.behalf.testkit.TestPostgres;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// `/api/v1/users`, and the links with which people choose passwords.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class UsersTest {

    private static final String NEW_PASSWORD = "quite another set of words";

    private final Map<String, String> database = TestPostgres.shared().newDatabase();
    private final RunningAuthzServer server = RunningAuthzServer.start(database, Map.of("behalf.test.clock", "true"));

    @AfterAll
    void stop() {
        server.close();
    }

    @Test
    void anAccountLivesFromItsCreationToItsDeletion() {
        var created = create("{\"username\":\"Carol\",\"name\":\"Carol C.\",\"email\":\"carol@example.com\"}");
        assertThat(created).containsEntry("username", "Carol").containsEntry("emailVerified", false);
        var path = "/api/v1/users/" + created.get("id");

        assertThat(json(server.get(path, token()))).containsEntry("name", "Carol C.");
        var changed = patch(path, "{\"name\":null,\"email\":\"c@example.com\",\"emailVerified\":true}");
        assertThat(json(changed))
                .containsEntry("name", null)
                .containsEntry("email", "c@example.com")
                .containsEntry("emailVerified", true);
        assertThat(json(patch(path, "{\"email\":\"other@example.com\"}"))).containsEntry("emailVerified", false);
        assertThat(server.call("DELETE", path, token()).statusCode()).isEqualTo(200);
        assertThat(server.get(path, token()).statusCode()).isEqualTo(404);
        assertThat(server.call("DELETE", path, token()).statusCode()).isEqualTo(404);
    }

    @ParameterizedTest
    @ValueSource(strings = {"dave", "DAVE", "ｄａｖｅ"})
    void aUserNameIsGivenOnceWhateverItsCaseOrWidth(String username) {
        if (username.equals("dave")) {
            var _ = create("{\"username\":\"dave\"}");
        }
        var again = server.postJson("/api/v1/users", Json.text(Map.of("username", username)), token());

        assertThat(again.statusCode()).isEqualTo(409);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{\"username\":\"\"}",
                "{\"username\":\" eve\"}",
                "{\"username\":\"e\\u200bve\"}",
                "{\"username\":\"e\\u0000ve\"}",
                "{\"username\":1}",
                "{\"username\":\"eve\",\"password\":\"short\"}",
                "{\"username\":\"eve\",\"password\":\"password1234\"}",
                "{\"username\":\"eve\",\"password\":12345678901234}",
                "{\"username\":\"eve\",\"email\":\"nowhere\"}",
                "{\"username\":\"eve\",\"emailVerified\":\"yes\"}",
                "{\"username\":\"eve\",\"disabled\":true}",
                "{\"username\":\"eve\",\"id\":\"1\"}",
                "[]"
            })
    void aBadAccountIsRefused(String body) {
        var reply = server.postJson("/api/v1/users", body, token());

        assertThat(reply.statusCode()).isEqualTo(400);
        assertThat(reply.body()).doesNotContain("password1234");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"username\":\"x\"}", "{\"password\":\"" + NEW_PASSWORD + "\"}", "{\"disabled\":1}"})
    void aBadChangeIsRefused(String body) {
        var path = "/api/v1/users/"
                + create("{\"username\":\"bad-" + body.hashCode() + "\"}").get("id");

        assertThat(patch(path, body).statusCode()).isEqualTo(400);
    }

    @ParameterizedTest
    @CsvSource({
        "GET,/api/v1/users",
        "GET,/api/v1/users/x",
        "POST,/api/v1/users/x/reset-password",
        "DELETE,/api/v1/users/x"
    })
    void onlyOperatorsWithTheScopeGetThere(String method, String path) {
        assertThat(server.call(method, path, null).statusCode()).isEqualTo(401);
        var other = server.internalToken("api-keys:read");
        assertThat(server.call(method, path, other).statusCode()).isEqualTo(403);
        var half = server.internalToken(method.equals("GET") ? "users:write" : "users:read");
        assertThat(server.call(method, path, half).statusCode()).isEqualTo(403);
    }

    @Test
    void accountsAreListedPageByPage() {
        for (var name : List.of("page-1", "page-2", "Page-3")) {
            var _ = create("{\"username\":\"" + name + "\"}");
        }

        var first = json(server.get("/api/v1/users?after=page-&limit=2", token()));
        assertThat(usernames(first)).containsExactly("page-1", "page-2");
        var second = json(server.get("/api/v1/users?limit=2&after=" + first.get("next"), token()));
        assertThat(usernames(second)).startsWith("Page-3");
        assertThat(server.get("/api/v1/users?limit=0", token()).statusCode()).isEqualTo(400);
        assertThat(server.get("/api/v1/users?limit=x", token()).statusCode()).isEqualTo(400);
    }

    @Test
    void whoHasNoPasswordYetChoosesOneByTheLink() {
        var created = create("{\"username\":\"frank\"}");
        var frank = new Person(server);
        var link = path(created);

        assertThat(frank.signIn("frank", "", "/account").body()).contains("is wrong");
        assertThat(frank.submit(frank.get(link), Map.of("password", "too short"))
                        .body())
                .contains("The password is too short");
        assertThat(frank.submit(frank.get(link), Map.of("password", NEW_PASSWORD))
                        .body())
                .contains("The password is saved");
        assertThat(Person.location(frank.signIn("frank", NEW_PASSWORD, "/account")))
                .isEqualTo("/account");
        assertThat(frank.get(link).statusCode()).as("a link works once").isEqualTo(404);
    }

    @Test
    void aResetShutsOutWhoKnewTheOldPasswordOnceTheNewOneIsChosen() {
        var id = Person.account(server, "grace");
        var thief = new Person(server);
        var _ = thief.signIn("grace", Person.PASSWORD, "/account");

        var stale = path(json(server.postJson("/api/v1/users/" + id + "/reset-password", "", token())));
        var link = path(json(server.postJson("/api/v1/users/" + id + "/reset-password", "", token())));
        assertThat(thief.get("/account").statusCode()).as("not before").isEqualTo(200);
        var grace = new Person(server);
        assertThat(grace.get(stale).statusCode())
                .as("the newest link alone works")
                .isEqualTo(404);
        var _ = grace.submit(grace.get(link), Map.of("password", NEW_PASSWORD));

        assertThat(Person.location(thief.get("/account"))).startsWith("/login");
        assertThat(thief.signIn("grace", Person.PASSWORD, "/account").body()).contains("is wrong");
        assertThat(Person.location(grace.signIn("grace", NEW_PASSWORD, "/account")))
                .isEqualTo("/account");
    }

    @Test
    void aLinkWorksForAnHour() {
        var link = path(create("{\"username\":\"heidi\"}"));
        var heidi = new Person(server);

        server.clock().forward(Duration.ofMinutes(59));
        var page = heidi.get(link);
        assertThat(page.statusCode()).isEqualTo(200);
        server.clock().forward(Duration.ofMinutes(1));
        assertThat(heidi.get(link).statusCode()).isEqualTo(404);
        assertThat(heidi.submit(page, Map.of("password", NEW_PASSWORD)).statusCode())
                .isEqualTo(404);
    }

    @Test
    void whoIsDisabledIsSignedOutAtOnceAndCannotSignIn() {
        var id = Person.account(server, "ivan");
        var ivan = new Person(server);
        var _ = ivan.signIn("ivan", Person.PASSWORD, "/account");
        var link = path(json(server.postJson("/api/v1/users/" + id + "/reset-password", "", token())));

        assertThat(patch("/api/v1/users/" + id, "{\"disabled\":true}").statusCode())
                .isEqualTo(200);

        assertThat(Person.location(ivan.get("/account"))).startsWith("/login");
        assertThat(ivan.signIn("ivan", Person.PASSWORD, "/account").body()).contains("is wrong");
        assertThat(ivan.get(link).statusCode()).isEqualTo(404);
        assertThat(patch("/api/v1/users/" + id, "{\"disabled\":false}").statusCode())
                .isEqualTo(200);
        assertThat(Person.location(ivan.get("/account")))
                .as("the old session is gone")
                .startsWith("/login");
        assertThat(Person.location(ivan.signIn("ivan", Person.PASSWORD, "/account")))
                .isEqualTo("/account");
    }

    @Test
    void neitherPasswordsNorLinksNorSessionsCanBeReadFromTheDatabase() throws Exception {
        var id = Person.account(server, "judy");
        var judy = new Person(server);
        var _ = judy.signIn("judy", Person.PASSWORD, "/account");
        var link = path(json(server.postJson("/api/v1/users/" + id + "/reset-password", "", token())));

        var all = String.join(
                "\n",
                RunningAuthzServer.query(
                        database,
                        "SELECT row_to_json(a)::text FROM account a UNION ALL SELECT row_to_json(s)::text FROM session s"
                                + " UNION ALL SELECT row_to_json(t)::text FROM password_ticket t"
                                + " UNION ALL SELECT row_to_json(k)::text FROM known_browser k"));
        assertThat(all)
                .contains("$argon2id$v=19$m=19456,t=2,p=1$")
                .doesNotContain(Person.PASSWORD)
                .doesNotContain(link.substring(link.indexOf('=') + 1));
        assertThat(judy.cookies().values())
                .hasSize(3)
                .allSatisfy(value -> assertThat(all).doesNotContain(value));
    }

    @Test
    void aPasswordKeptAtAnotherCostIsKeptAnewAtTheNextSignIn() throws Exception {
        var id = Person.account(server, "mallory");
        try (var connection = RunningAuthzServer.open(database);
                var statement = connection.prepareStatement("UPDATE account SET password_digest = ? WHERE id = ?")) {
            statement.setString(1, Argon2id.of(Person.PASSWORD, 8192, 1).text());
            statement.setString(2, id);
            assertThat(statement.executeUpdate()).isEqualTo(1);
        }
        var mallory = new Person(server);

        assertThat(mallory.signIn("mallory", "wrong", "/account").body()).contains("is wrong");
        assertThat(kept(id)).contains("m=8192,t=1");
        assertThat(Person.location(mallory.signIn("mallory", Person.PASSWORD, "/account")))
                .isEqualTo("/account");
        assertThat(kept(id)).contains("m=19456,t=2");
        assertThat(Person.location(new Person(server).signIn("mallory", Person.PASSWORD, "/account")))
                .isEqualTo("/account");
    }

    private String kept(String id) throws Exception {
        return RunningAuthzServer.query(database, "SELECT password_digest FROM account WHERE id = '" + id + "'")
                .getFirst();
    }

    private String token() {
        return server.internalToken();
    }

    private Map<String, @Nullable Object> create(String body) {
        var reply = server.postJson("/api/v1/users", body, token());
        assertThat(reply.statusCode()).as(reply.body()).isEqualTo(201);
        assertThat(reply.headers().firstValue("Cache-Control")).contains("no-store");
        return json(reply);
    }

    private HttpResponse<String> patch(String path, String body) {
        return server.send(server.request(path)
                .header("Content-Type", "application/json")
                .header("Authorization", "Bearer " + token())
                .method("PATCH", HttpRequest.BodyPublishers.ofString(body)));
    }

    private static Map<String, @Nullable Object> json(HttpResponse<String> reply) {
        return Json.readObject(reply.body());
    }

    /// The path of the link in an answer.
    private static String path(Map<String, @Nullable Object> answer) {
        var url = String.valueOf(answer.get("setPasswordUrl"));
        assertThat(url).startsWith(RunningAuthzServer.ISSUER + "/login/password?ticket=");
        return url.substring(RunningAuthzServer.ISSUER.length());
    }

    private static List<String> usernames(Map<String, @Nullable Object> page) {
        return ((List<?>) java.util.Objects.requireNonNull(page.get("users")))
                .stream()
                        .map(user ->
                                String.valueOf(RunningAuthzServer.object(user).get("username")))
                        .toList();
    }
}
