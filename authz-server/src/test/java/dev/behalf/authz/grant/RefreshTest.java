package dev.behalf.authz.grant;

import static dev.behalf.authz.Agent.error;
import static dev.behalf.authz.Agent.json;
import static dev.behalf.authz.Agent.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.behalf.authz.Agent;
import dev.behalf.authz.Person;
import dev.behalf.authz.RunningAuthzServer;
import dev.behalf.testkit.TestPostgres;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// Refresh tokens: rotation, the grace for honest retries, and what follows on theft (RFC 6749 §6, RFC 9700
/// §4.14).
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RefreshTest {

    private static final String ALICE = "alice@example.com";

    private final Map<String, String> database = TestPostgres.shared().newDatabase();
    private final Map<String, Object> clock = Map.of("behalf.test.clock", true);
    private final RunningAuthzServer server = RunningAuthzServer.start(database, clock);
    private final RunningAuthzServer replica = RunningAuthzServer.start(database, clock);
    private Person person = new Person(server);
    private Agent agent = Agent.register(server);

    @BeforeAll
    void person() {
        Person.account(server, ALICE);
        person = new Person(server).signedIn(ALICE);
    }

    @AfterAll
    void stop() {
        replica.close();
        server.close();
    }

    @Test
    void eachUseGivesANewTokenThatWorks() {
        var first = link();
        var second = refreshed(first);
        var third = refreshed(second);

        assertThat(List.of(first, second, third)).doesNotHaveDuplicates();
        assertThat(json(agent.refresh(third)))
                .containsEntry("scope", "read")
                .containsEntry("token_type", "Bearer")
                .containsKeys("access_token", "expires_in");
    }

    @Test
    void shownAgainWithinTheGraceItGivesTheSameSuccessor() {
        var first = link();
        var second = refreshed(first);

        assertThat(refreshed(first)).isEqualTo(second);
        forward(Duration.ofSeconds(29));
        assertThat(text(json(agent.at(replica).refresh(first)), "refresh_token"))
                .isEqualTo(second);
        refreshed(second);
    }

    @Test
    void shownAgainAfterTheGraceItIsStolenAndTheFamilyIsRevoked() {
        var tokens = agent.link(person, Map.of());
        var first = text(tokens, "refresh_token");
        var second = refreshed(first);
        forward(Duration.ofSeconds(30));

        assertThat(error(agent.refresh(first), 400)).isEqualTo("invalid_grant");

        assertThat(error(agent.refresh(second), 400)).isEqualTo("invalid_grant");
        assertThat(server.introspect(text(tokens, "access_token"))).isEqualTo(Map.of("active", false));
    }

    @Test
    void oneThatIsNotTheLastIsStolenEvenWithinTheGrace() {
        var first = link();
        var second = refreshed(first);
        var third = refreshed(second);
        forward(Duration.ofSeconds(1));

        assertThat(error(agent.refresh(first), 400)).isEqualTo("invalid_grant");

        assertThat(error(agent.refresh(third), 400)).isEqualTo("invalid_grant");
    }

    @Test
    void oneOfLongAgoIsStillKnownForStolen() {
        var first = link();
        var newest = first;
        for (int i = 0; i < 5; i++) {
            newest = refreshed(newest);
            forward(Duration.ofMinutes(10));
        }

        assertThat(error(agent.refresh(first), 400)).isEqualTo("invalid_grant");

        assertThat(error(agent.refresh(newest), 400)).isEqualTo("invalid_grant");
    }

    @Test
    void anotherClientCannotUseItNorDoHarmWithIt() {
        var token = link();
        var thief = Agent.register(server);

        assertThat(error(thief.refresh(token), 400)).isEqualTo("invalid_grant");

        refreshed(token);
    }

    @Test
    void aMadeUpTokenIsRefused() {
        var token = link();

        assertThat(error(agent.refresh("nonsense"), 400)).isEqualTo("invalid_grant");
        assertThat(error(agent.refresh("a".repeat(43) + "." + "b".repeat(43)), 400))
                .isEqualTo("invalid_grant");
        refreshed(token);
    }

    @Test
    void theScopeMayBeNarrowedForATokenAndNeverWidened() {
        var token = text(agent.link(person, Map.of("scope", "read manage")), "refresh_token");

        var narrow = json(agent.post(
                "/oauth/token", Map.of("grant_type", "refresh_token", "refresh_token", token, "scope", "read")));
        assertThat(narrow).containsEntry("scope", "read");
        var whole = json(agent.refresh(text(narrow, "refresh_token")));
        assertThat(whole).containsEntry("scope", "manage read");
        var wide = agent.post(
                "/oauth/token",
                Map.of(
                        "grant_type", "refresh_token",
                        "refresh_token", text(whole, "refresh_token"),
                        "scope", "read subscribe"));
        assertThat(error(wide, 400)).isEqualTo("invalid_scope");
        forward(Duration.ofSeconds(31));
        json(agent.refresh(text(whole, "refresh_token"))); // a refused request does not log anybody out
    }

    @Test
    void oneThatIsNotUsedForLongExpires() {
        var token = link();
        forward(Duration.ofDays(30));

        assertThat(error(agent.refresh(token), 400)).isEqualTo("invalid_grant");
    }

    @Test
    void theGrantEndsHoweverOftenItIsRenewed() {
        var token = link();
        for (int day = 0; day < 88; day += 8) {
            forward(Duration.ofDays(8));
            token = refreshed(token);
        }
        forward(Duration.ofDays(2));

        assertThat(error(agent.refresh(token), 400)).isEqualTo("invalid_grant");
    }

    @Test
    void aClientThatDoesNotUseRefreshTokensGetsNone() {
        var shortLived = Agent.register(server, "none", Map.of("grant_types", List.of("authorization_code")));

        assertThat(shortLived.link(person, Map.of())).doesNotContainKey("refresh_token");
        assertThat(error(shortLived.refresh(link()), 400)).isEqualTo("unauthorized_client");
    }

    /// Workers that share a refresh token and use it at the same moment, on two replicas: nobody is logged out.
    @Test
    void honestWorkersAtOnceAllStayLinked() throws Exception {
        var token = link();
        try (var threads = Executors.newFixedThreadPool(16)) {
            for (int round = 0; round < 5; round++) {
                var shown = token;
                Callable<Map<String, @Nullable Object>> here = () -> json(agent.refresh(shown));
                Callable<Map<String, @Nullable Object>> there =
                        () -> json(agent.at(replica).refresh(shown));
                var answers = new ArrayList<Map<String, @Nullable Object>>();
                for (var one : threads.invokeAll(IntStream.range(0, 32)
                        .mapToObj(i -> i % 2 == 0 ? here : there)
                        .toList())) {
                    answers.add(one.get());
                }
                var successors = answers.stream()
                        .map(one -> text(one, "refresh_token"))
                        .distinct()
                        .toList();
                assertThat(successors).hasSize(1);
                token = successors.getFirst();
            }
        }
        refreshed(token);
    }

    @Test
    void aGraceOfNoneMakesEveryReplayATheft() {
        var settings = new HashMap<String, Object>(Map.of("behalf.authz.grant.grace", "0s"));
        try (var strict = RunningAuthzServer.start(database, settings)) {
            var first = link();
            var there = agent.at(strict);
            json(there.refresh(first));

            assertThat(error(there.refresh(first), 400)).isEqualTo("invalid_grant");
        }
    }

    private String link() {
        return text(agent.link(person, Map.of()), "refresh_token");
    }

    @CanIgnoreReturnValue
    private String refreshed(String token) {
        return text(json(agent.refresh(token)), "refresh_token");
    }

    /// Time passes on both replicas, and the person signs in again for what comes then.
    private void forward(Duration time) {
        server.clock().forward(time);
        replica.clock().forward(time);
        if (time.compareTo(Duration.ofHours(1)) > 0) {
            person = new Person(server).signedIn(ALICE);
        }
    }
}
