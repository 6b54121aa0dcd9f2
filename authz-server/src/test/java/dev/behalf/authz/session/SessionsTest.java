package dev.behalf.authz.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.authz.Person;
import dev.behalf.authz.RunningAuthzServer;
import dev.behalf.testkit.TestPostgres;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Who is signed in, for how long, and what ends it.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SessionsTest {

    private static final String COOKIE = "__Host-behalf-session";
    private static final String NEW_PASSWORD = "quite another set of words";

    private final Map<String, String> database = TestPostgres.shared().newDatabase();
    private final RunningAuthzServer server = RunningAuthzServer.start(
            database,
            Map.of(
                    "behalf.test.clock", "true",
                    "behalf.authz.passwords.memory-kib", "7168",
                    "behalf.authz.passwords.iterations", "1"));

    @BeforeAll
    void someAccounts() {
        var _ = Person.account(server, "alice");
        var _ = Person.account(server, "bob");
    }

    @AfterAll
    void stop() {
        server.close();
    }

    @Test
    void itEndsWhenNobodyOpensAPageForTwelveHours() {
        var alice = signedIn("alice");

        server.clock().forward(Duration.ofHours(11));
        assertThat(alice.get("/account").statusCode()).isEqualTo(200);
        server.clock().forward(Duration.ofHours(11));
        assertThat(alice.get("/account").statusCode()).isEqualTo(200);
        server.clock().forward(Duration.ofHours(12));
        assertThat(Person.location(alice.get("/account"))).startsWith("/login");
    }

    @Test
    void itEndsAfterAWeekWhateverHappens() {
        var alice = signedIn("alice");
        for (int hours = 0; hours < 160; hours += 8) {
            server.clock().forward(Duration.ofHours(8));
            assertThat(alice.get("/account").statusCode()).isEqualTo(200);
        }

        server.clock().forward(Duration.ofHours(8));

        assertThat(Person.location(alice.get("/account"))).startsWith("/login");
    }

    @Test
    void everySignInMakesANewOneAndEndsTheOld() {
        var alice = signedIn("alice");
        var before = alice.cookies().get(COOKIE);

        var page = alice.get("/login?continue=/account&again=true");
        assertThat(page.body()).contains("Confirm that it is you").contains("value=\"alice\"");
        var _ = alice.submit(page, Map.of("username", "alice", "password", Person.PASSWORD));

        assertThat(alice.cookies().get(COOKIE)).isNotEqualTo(before);
        assertThat(alice.get("/account").statusCode()).isEqualTo(200);
        alice.cookies().put(COOKIE, String.valueOf(before));
        assertThat(Person.location(alice.get("/account"))).startsWith("/login");
    }

    @Test
    void aCookieThatSomebodyElseChoseIsNotTakenOver() {
        var victim = new Person(server);
        var planted = "A".repeat(43);
        victim.cookies().put(COOKIE, planted);

        var _ = victim.signIn("alice", Person.PASSWORD, "/account");

        assertThat(victim.cookies().get(COOKIE)).isNotEqualTo(planted);
        var attacker = new Person(server);
        attacker.cookies().put(COOKIE, planted);
        assertThat(Person.location(attacker.get("/account"))).startsWith("/login");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "x", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "\"", "a b", "%00"})
    void aCookieThatIsNoneOfOursIsNobody(String value) {
        var somebody = new Person(server);
        somebody.cookies().put(COOKIE, value);

        assertThat(Person.location(somebody.get("/account"))).startsWith("/login");
    }

    @Test
    void signingOutEndsItForGood() {
        var alice = signedIn("alice");
        var cookie = alice.cookies().get(COOKIE);

        var question = alice.get("/logout");
        assertThat(question.body()).contains("You are signed in as alice.");
        assertThat(alice.get("/account").statusCode())
                .as("a link alone does nothing")
                .isEqualTo(200);
        assertThat(alice.submit(question, Map.of()).body()).contains("You are signed out");

        assertThat(alice.cookies()).doesNotContainKey(COOKIE);
        alice.cookies().put(COOKIE, String.valueOf(cookie));
        assertThat(Person.location(alice.get("/account"))).startsWith("/login");
    }

    @Test
    void formsWithTheTokenOfAnotherSessionAreNotTaken() {
        var alice = signedIn("alice");
        var bobs = Person.csrf(signedIn("bob").get("/account"));

        for (var form : java.util.List.of(Map.of("csrf", bobs), Map.of("csrf", ""), Map.<String, String>of())) {
            assertThat(alice.post("/logout", form).statusCode()).isEqualTo(403);
            assertThat(alice.post("/account/password", form).statusCode()).isEqualTo(403);
        }
        assertThat(alice.get("/account").statusCode()).isEqualTo(200);
        assertThat(alice.saying("Origin", "https://evil.example")
                        .submit(alice.get("/logout"), Map.of())
                        .statusCode())
                .isEqualTo(403);
    }

    @Test
    void aPasswordIsChangedByWhoKnowsTheOldOneAndAllOthersAreSignedOut() {
        var _ = Person.account(server, "carol");
        var carol = signedIn("carol");
        var other = signedIn("carol");

        var page = carol.get("/account");
        assertThat(change(carol, "not the old one", NEW_PASSWORD)).contains("The present password is wrong.");
        assertThat(change(carol, Person.PASSWORD, "short")).contains("The password is too short");
        assertThat(other.get("/account").statusCode()).isEqualTo(200);
        assertThat(page.body()).contains("carol");
        assertThat(change(carol, Person.PASSWORD, NEW_PASSWORD)).contains("The password is changed");

        assertThat(carol.get("/account").statusCode()).isEqualTo(200);
        assertThat(Person.location(other.get("/account"))).startsWith("/login");
        assertThat(new Person(server)
                        .signIn("carol", Person.PASSWORD, "/account")
                        .body())
                .contains("is wrong");
        assertThat(Person.location(new Person(server).signIn("carol", NEW_PASSWORD, "/account")))
                .isEqualTo("/account");
    }

    @Test
    void sessionsThatEndedAreDeleted() throws Exception {
        var _ = signedIn("alice");
        server.clock().forward(Duration.ofHours(13));

        var _ = server.bean(Sessions.class).sweep().block();

        assertThat(RunningAuthzServer.query(database, "SELECT 1 FROM session")).isEmpty();
    }

    @Test
    void pagesAreNeitherKeptNorFramedNorScripted() {
        var headers = signedIn("alice").get("/logout").headers();

        assertThat(headers.firstValue("Cache-Control")).contains("no-store");
        assertThat(headers.firstValue("X-Frame-Options")).contains("DENY");
        assertThat(headers.firstValue("X-Content-Type-Options")).contains("nosniff");
        assertThat(headers.firstValue("Referrer-Policy")).contains("same-origin");
        assertThat(headers.firstValue("Cross-Origin-Opener-Policy")).contains("same-origin");
        assertThat(headers.firstValue("Content-Security-Policy").orElseThrow())
                .contains("default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'")
                .doesNotContain("script-src", "unsafe");
        assertThat(headers.firstValue("Access-Control-Allow-Origin")).isEmpty();
    }

    private Person signedIn(String username) {
        var person = new Person(server);
        assertThat(Person.location(person.signIn(username, Person.PASSWORD, "/account")))
                .isEqualTo("/account");
        return person;
    }

    private static String change(Person person, String old, String password) {
        var csrf = Person.csrf(person.get("/account"));
        return person.post("/account/password", Map.of("csrf", csrf, "old", old, "password", password))
                .body();
    }
}
