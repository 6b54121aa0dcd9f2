package dev.behalf.authz.authorize;

import static dev.behalf.authz.Agent.text;
import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.authz.Agent;
import dev.behalf.authz.Person;
import dev.behalf.authz.RunningAuthzServer;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// When people are asked, what, and what their answer counts for.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ConsentTest {

    private static final String ALICE = "alice@example.com";
    private static final String BOB = "bob@example.com";
    private static final String ELSEWHERE = RunningAuthzServer.ISSUER + "/tools";

    private final RunningAuthzServer server = RunningAuthzServer.start();

    @BeforeAll
    void people() {
        Person.account(server, ALICE);
        Person.account(server, BOB);
    }

    @AfterAll
    void stop() {
        server.close();
    }

    @Test
    void aClientThatRegisteredItselfIsAskedAboutEachTime() {
        var agent = Agent.register(server);
        var person = new Person(server).signedIn(ALICE);

        agent.link(person, Map.of());

        assertThat(person.get(agent.path(Map.of())).body()).contains("Demo Agent");
        assertThat(Agent.answer(person.get(agent.path(Map.of("prompt", "none")))))
                .containsEntry("error", "consent_required");
    }

    @Test
    void aClientOfTheOperatorIsAskedAboutOnceAndAgainWhenItAsksForMore() {
        var agent = Agent.ofOperator(server);
        var person = new Person(server).signedIn(ALICE);
        agent.link(person, Map.of("scope", "read"));

        assertThat(Agent.answer(person.get(agent.path(Map.of("scope", "read")))))
                .containsKey("code");
        assertThat(Agent.answer(person.get(agent.path(Map.of("scope", "read", "prompt", "none")))))
                .containsKey("code");
        assertThat(person.get(agent.path(Map.of("scope", "read manage"))).statusCode())
                .isEqualTo(200);
        assertThat(person.get(agent.path(Map.of("scope", "read", "resource", ELSEWHERE)))
                        .statusCode())
                .isEqualTo(200);
        assertThat(person.get(agent.path(Map.of("scope", "read", "prompt", "consent")))
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void thePersonMayAllowLess() {
        var agent = Agent.register(server);
        var person = new Person(server).signedIn(ALICE);
        var page = person.get(agent.path(Map.of("scope", "read manage")));

        var answer = Agent.answer(person.submit(page, Map.of("decision", "allow", "scope", "read")));
        var tokens = Agent.json(agent.redeem(answer.getOrDefault("code", ""), Map.of()));

        assertThat(tokens).containsEntry("scope", "read");
    }

    @Test
    void theFormCannotAddWhatWasNotAskedFor() {
        var agent = Agent.register(server);
        var person = new Person(server).signedIn(ALICE);
        var page = person.get(agent.path(Map.of("scope", "read")));

        var answer = Agent.answer(person.submit(page, Map.of("decision", "allow", "scope", "manage")));
        var tokens = Agent.json(agent.redeem(answer.getOrDefault("code", ""), Map.of()));

        assertThat(tokens).containsEntry("scope", "read");
    }

    @Test
    void thePersonMayAllowItForAWhileOnly() {
        var agent = Agent.register(server);
        var person = new Person(server).signedIn(ALICE);
        var page = person.get(agent.path(Map.of()));

        var answer = Agent.answer(person.submit(
                page,
                Map.of(
                        "decision",
                        "allow",
                        "scope",
                        "read",
                        "lifetime",
                        String.valueOf(Duration.ofHours(1).toSeconds()))));
        var tokens = Agent.json(agent.redeem(answer.getOrDefault("code", ""), Map.of()));

        var held = server.get("/api/v1/grants?client_id=" + agent.id(), server.internalToken());
        assertThat(held.body())
                .contains(String.valueOf(
                        RunningAuthzServer.claims(text(tokens, "access_token")).get("gid")));
        var grant = RunningAuthzServer.object(
                ((List<?>) java.util.Objects.requireNonNull(dev.behalf.kernel.json.Json.read(held.body()))).getFirst());
        assertThat(Duration.between(
                        java.time.Instant.parse(text(grant, "created_at")),
                        java.time.Instant.parse(text(grant, "expires_at"))))
                .isBetween(Duration.ofMinutes(59), Duration.ofHours(1));
    }

    @Test
    void aFormOfAnotherSessionIsRefused() {
        var agent = Agent.register(server);
        var alice = new Person(server).signedIn(ALICE);
        var bob = new Person(server).signedIn(BOB);
        var page = alice.get(agent.path(Map.of()));

        refused(bob.submit(page, Map.of("decision", "allow", "scope", "read")));
        refused(bob.post(Person.action(page), Map.of("decision", "allow", "scope", "read")));
        refused(new Person(server).submit(page, Map.of("decision", "allow", "scope", "read")));
        refused(alice.saying("Origin", "https://evil.example")
                .submit(page, Map.of("decision", "allow", "scope", "read")));
    }

    @Test
    void promptLoginAndMaxAgeMakeThePersonProveWhoTheyAreAgain() {
        var agent = Agent.register(server);
        var person = new Person(server).signedIn(ALICE);
        for (var demand : List.of(Map.of("prompt", "login"), Map.of("max_age", "0"))) {
            var path = agent.path(demand);
            var signIn = Person.location(person.get(path));
            assertThat(signIn).startsWith("/login?");

            var back = Person.location(
                    person.submit(person.get(signIn), Map.of("username", ALICE, "password", Person.PASSWORD)));

            assertThat(person.get(back).statusCode()).isEqualTo(200);
            assertThat(Agent.answer(person.allow(person.get(back)))).containsKey("code");
            assertThat(Person.location(person.get(path))).startsWith("/login?"); // it counted once
        }
        assertThat(person.get(agent.path(Map.of("max_age", "3600"))).statusCode())
                .isEqualTo(200);
    }

    @Test
    void whoTakesConsentBackBeforeTheCodeIsRedeemedLeavesTheCodeWorthNothing() {
        var agent = Agent.register(server);
        var person = new Person(server).signedIn(ALICE);
        var code = agent.authorize(person, Map.of()).getOrDefault("code", "");

        revokeAllOnThePage(person, agent);

        assertThat(Agent.error(agent.redeem(code, Map.of()), 400)).isEqualTo("invalid_grant");
    }

    @Test
    void whoEndsAnAgentOnThePageEndsItAtOnce() {
        var agent = Agent.register(server);
        var person = new Person(server).signedIn(BOB);
        Map<String, @Nullable Object> tokens = agent.link(person, Map.of());
        var page = person.get("/account/agents");
        assertThat(page.body()).contains("Demo Agent", "Read on your behalf");

        revokeAllOnThePage(person, agent);

        assertThat(person.get("/account/agents").body()).doesNotContain("Demo Agent");
        assertThat(Agent.error(agent.refresh(text(tokens, "refresh_token")), 400))
                .isEqualTo("invalid_grant");
        assertThat(server.introspect(text(tokens, "access_token"))).isEqualTo(Map.of("active", false));
    }

    /// An operator who ends what an agent holds ends it until the person says yes once more.
    @ParameterizedTest
    @ValueSource(strings = {"one", "all of the agent"})
    void whatTheOperatorEndsIsAskedAboutAgain(String which) {
        var agent = Agent.ofOperator(server);
        var person = new Person(server).signedIn(ALICE);
        var path = agent.path(Map.of());
        var gid = RunningAuthzServer.claims(text(agent.link(person, Map.of()), "access_token"))
                .get("gid");
        var unused = Agent.answer(person.get(path)).getOrDefault("code", "");

        var ended = server.call(
                "DELETE",
                "/api/v1/grants" + (which.equals("one") ? "/" + gid : "?client_id=" + agent.id()),
                server.internalToken());
        assertThat(ended.statusCode()).as(ended.body()).isEqualTo(200);

        assertThat(Agent.answer(person.get(agent.path(Map.of("prompt", "none")))))
                .containsEntry("error", "consent_required");
        assertThat(Agent.error(agent.redeem(unused, Map.of()), 400)).isEqualTo("invalid_grant");
        agent.link(person, Map.of()); // she is asked, and allows it
        assertThat(Agent.answer(person.get(path))).containsKey("code");
    }

    /// What a client asks less than it may, takes nothing from what it may.
    @Test
    void aRequestForLessLeavesTheConsentAsItIs() {
        var agent = Agent.ofOperator(server);
        var person = new Person(server).signedIn(ALICE);
        agent.link(person, Map.of("scope", "read manage"));

        assertThat(Agent.answer(person.get(agent.path(Map.of("scope", "read")))))
                .containsKey("code");
        assertThat(Agent.answer(person.get(agent.path(Map.of("scope", "read manage")))))
                .containsKey("code");
    }

    @Test
    void nobodyEndsTheAgentOfAnother() {
        var agent = Agent.register(server);
        var bob = new Person(server).signedIn(BOB);
        var tokens = agent.link(bob, Map.of());
        var action = Person.action(bob.get("/account/agents"));
        var alice = new Person(server).signedIn(ALICE);
        agent.link(alice, Map.of());
        var csrf = Person.csrf(alice.get("/account/agents"));

        alice.post(action, Map.of("csrf", csrf));
        refused(alice.post(action, Map.of("csrf", "nonsense")));

        Agent.json(agent.refresh(text(tokens, "refresh_token")));
    }

    private static void revokeAllOnThePage(Person person, Agent agent) {
        for (var page = person.get("/account/agents");
                page.body().contains("/revoke");
                page = person.get("/account/agents")) {
            Person.location(person.submit(page, Map.of()));
        }
        assertThat(agent.id()).isNotEmpty();
    }

    private static void refused(HttpResponse<String> reply) {
        assertThat(reply.statusCode()).as(reply.body()).isBetween(400, 403);
        assertThat(reply.headers().firstValue("Location")).isEmpty();
    }
}
