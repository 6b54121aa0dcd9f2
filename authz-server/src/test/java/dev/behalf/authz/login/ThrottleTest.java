package dev.behalf.authz.login;

import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.authz.Person;
import dev.behalf.authz.RunningAuthzServer;
import dev.behalf.testkit.TestPostgres;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// How often passwords can be guessed, by whom, and who is not kept out by that.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ThrottleTest {

    private static final String WRONG = "not the right words";

    private final Map<String, String> database = TestPostgres.shared().newDatabase();
    private final Map<String, Object> settings = Map.of(
            "behalf.test.clock", "true",
            "behalf.authz.sign-in.attempts-per-name", "3",
            "behalf.authz.sign-in.attempts-per-network", "5",
            "behalf.authz.passwords.memory-kib", "7168",
            "behalf.authz.passwords.iterations", "1");
    private final RunningAuthzServer server = RunningAuthzServer.start(database, settings);

    @AfterAll
    void stop() {
        server.close();
    }

    @Test
    void whoGuessesTooOftenWaitsAndTheOwnerElsewhereDoesNot() {
        var _ = Person.account(server, "alice");
        var attacker = from("192.0.2.1");
        for (int i = 0; i < 3; i++) {
            assertThat(guess(attacker, "alice").statusCode()).isEqualTo(200);
        }

        var refused = attacker.signIn("ALICE", Person.PASSWORD, "/account");
        assertThat(refused.statusCode())
                .as("the right one is not even looked at")
                .isEqualTo(429);
        assertThat(refused.body()).contains("Too many attempts.");
        assertThat(Long.parseLong(refused.headers().firstValue("Retry-After").orElseThrow()))
                .isBetween(890L, 901L);
        assertThat(from("192.0.2.2")
                        .signIn("alice", Person.PASSWORD, "/account")
                        .statusCode())
                .as("from elsewhere")
                .isEqualTo(303);

        server.clock().forward(Duration.ofMinutes(15).plusSeconds(1));
        assertThat(attacker.signIn("alice", Person.PASSWORD, "/account").statusCode())
                .as("later")
                .isEqualTo(303);
    }

    @Test
    void aBrowserInWhichTheOwnerSignedInIsCountedByItself() {
        var _ = Person.account(server, "bob");
        var bob = from("192.0.2.10");
        assertThat(bob.signIn("bob", Person.PASSWORD, "/account").statusCode()).isEqualTo(303);
        var attacker = from("192.0.2.10");
        for (int i = 0; i < 4; i++) {
            var _ = guess(attacker, "bob");
        }
        assertThat(guess(attacker, "bob").statusCode()).isEqualTo(429);

        bob.cookies().remove("__Host-behalf-session");
        assertThat(bob.signIn("bob", Person.PASSWORD, "/account").statusCode())
                .as("from the same network")
                .isEqualTo(303);
        for (int i = 0; i < 3; i++) {
            assertThat(guess(bob, "bob").statusCode()).isEqualTo(200);
        }
        assertThat(guess(bob, "bob").statusCode()).as("but not without bound").isEqualTo(429);
    }

    @Test
    void oneNetworkCannotTryManyNames() {
        var attacker = from("192.0.2.20");
        for (int i = 0; i < 5; i++) {
            assertThat(guess(attacker, "nobody-" + i).statusCode()).isEqualTo(200);
        }

        assertThat(guess(attacker, "nobody-5").statusCode()).isEqualTo(429);
        assertThat(guess(from("192.0.2.21"), "nobody-5").statusCode()).isEqualTo(200);
    }

    @Test
    void whoSignsInRightHasTriedNothing() {
        var _ = Person.account(server, "carol");
        for (int i = 0; i < 7; i++) {
            assertThat(from("192.0.2.30")
                            .signIn("carol", Person.PASSWORD, "/account")
                            .statusCode())
                    .isEqualTo(303);
        }
    }

    @Test
    void guessesMadeAtOnceAndAtSeveralReplicasAreCountedTogether() throws Exception {
        var _ = Person.account(server, "dave");
        try (var replica = RunningAuthzServer.start(database, settings);
                var many = Executors.newVirtualThreadPerTaskExecutor()) {
            // Other tests have moved this server's clock: replicas have the same time
            replica.clock()
                    .forward(Duration.between(
                            replica.clock().instant(), server.clock().instant()));
            var guesses = IntStream.range(0, 16)
                    .<Callable<Integer>>mapToObj(i -> () -> guess(
                                    new Person(i % 2 == 0 ? server : replica).saying("X-Forwarded-For", "192.0.2.40"),
                                    "dave")
                            .statusCode())
                    .toList();

            var answers = many.invokeAll(guesses).stream()
                    .map(java.util.concurrent.Future::resultNow)
                    .toList();

            assertThat(answers.stream().filter(status -> status == 200)).hasSize(3);
            assertThat(answers.stream().filter(status -> status == 429)).hasSize(13);
        }
    }

    @Test
    void whatIsNoLongerCountedIsDeleted() throws Exception {
        var _ = guess(from("192.0.2.50"), "erin");
        server.clock().forward(Duration.ofMinutes(16));

        var _ = server.bean(SignInSweep.class).sweep().block();

        assertThat(RunningAuthzServer.query(database, "SELECT 1 FROM sign_in_attempts"))
                .isEmpty();
    }

    private Person from(String address) {
        return new Person(server).saying("X-Forwarded-For", address);
    }

    private static HttpResponse<String> guess(Person somebody, String username) {
        somebody.cookies().remove("__Host-behalf-session");
        return somebody.signIn(username, WRONG, "/account");
    }
}
