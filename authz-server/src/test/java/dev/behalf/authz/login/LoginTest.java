package dev.behalf.authz.login;

import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.authz.Person;
import dev.behalf.authz.RunningAuthzServer;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Signing in with a password.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LoginTest {

    private static final String PAGE = "/oauth/authorize?client_id=agent%26state=1";

    private final RunningAuthzServer server = RunningAuthzServer.start();

    @BeforeAll
    void someAccounts() {
        var _ = Person.account(server, "alice");
    }

    @AfterAll
    void stop() {
        server.close();
    }

    @Test
    void whoKnowsThePasswordComesBackToThePage() {
        var alice = new Person(server);

        var reply = alice.signIn("alice", Person.PASSWORD, PAGE);

        assertThat(Person.location(reply)).isEqualTo("/oauth/authorize?client_id=agent&state=1");
        assertThat(reply.headers().firstValue("Cache-Control")).contains("no-store");
        assertThat(alice.cookies()).containsKey("__Host-behalf-session");
    }

    @ParameterizedTest
    @ValueSource(strings = {"alice", "bob", ""})
    void whoDoesNotIsToldTheSameWhateverTheName(String username) {
        var somebody = new Person(server);

        var reply = somebody.signIn(username, "a wrong password indeed", PAGE);

        assertThat(reply.statusCode()).isEqualTo(200);
        assertThat(reply.body())
                .contains("The user name or the password is wrong.")
                .doesNotContain("indeed");
        assertThat(somebody.cookies()).doesNotContainKey("__Host-behalf-session");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://evil.example/",
                "//evil.example/",
                "/%5Cevil.example/",
                "/oauth/authorize",
                "/oauth/authorizes?x",
                "/oauth/../evil",
                "/account/../../evil",
                "/account//evil",
                "/login",
                "javascript:alert(1)",
                "/oauth/authorize?a%0d%0aSet-Cookie:b=c",
                "/oauth/authorize?%23fragment",
                ""
            })
    void theSignInPageLeadsNowhereElse(String page) {
        var alice = new Person(server);

        assertThat(Person.location(alice.signIn("alice", Person.PASSWORD, page)))
                .isEqualTo("/account");
    }

    @Test
    void aFormMadeForAnotherBrowserIsNotTaken() {
        var attacker = new Person(server);
        var victim = new Person(server);
        var _ = victim.get("/login");

        var reply = victim.post(
                "/login",
                Map.of("csrf", Person.csrf(attacker.get("/login")), "username", "alice", "password", Person.PASSWORD));

        assertThat(reply.statusCode()).isEqualTo(403);
        assertThat(victim.cookies()).doesNotContainKey("__Host-behalf-session");
    }

    @ParameterizedTest
    @ValueSource(strings = {"Origin: https://evil.example", "Origin: null", "Sec-Fetch-Site: cross-site"})
    void aFormOfAnotherSiteIsNotTaken(String header) {
        var alice = new Person(server);
        var form = alice.get("/login");

        var parts = header.split(": ", 2);
        var reply =
                alice.saying(parts[0], parts[1]).submit(form, Map.of("username", "alice", "password", Person.PASSWORD));

        assertThat(reply.statusCode()).isEqualTo(403);
        assertThat(reply.body()).contains("This form did not come from our own page.");
        assertThat(alice.cookies()).doesNotContainKey("__Host-behalf-session");
    }

    @Test
    void aFormOfOurOwnIsTaken() {
        var alice =
                new Person(server).saying("Origin", RunningAuthzServer.ISSUER).saying("Sec-Fetch-Site", "same-origin");

        assertThat(Person.location(alice.signIn("alice", Person.PASSWORD, PAGE)))
                .startsWith("/oauth/authorize");
    }
}
