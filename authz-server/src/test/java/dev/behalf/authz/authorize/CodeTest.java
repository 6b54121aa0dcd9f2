package dev.behalf.authz.authorize;

import static dev.behalf.authz.Agent.error;
import static dev.behalf.authz.Agent.json;
import static dev.behalf.authz.Agent.text;
import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.authz.Agent;
import dev.behalf.authz.Person;
import dev.behalf.authz.RunningAuthzServer;
import dev.behalf.testkit.TestPostgres;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// Redeeming codes (OAuth 2.1 §4.1.3, RFC 7636 §4.6, RFC 9700 §4.5).
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CodeTest {

    private static final String ALICE = "alice@example.com";

    private final Map<String, String> database = TestPostgres.shared().newDatabase();
    private final RunningAuthzServer server = RunningAuthzServer.start(database, Map.of("behalf.test.clock", true));
    private final RunningAuthzServer replica = RunningAuthzServer.start(database, Map.of());
    private Agent agent = Agent.register(server);
    private Person person = new Person(server);

    @BeforeAll
    void person() {
        Person.account(server, ALICE);
        person = new Person(server).signedIn(ALICE);
        agent = Agent.register(server);
    }

    @AfterAll
    void stop() {
        replica.close();
        server.close();
    }

    @Test
    void aWrongVerifierIsRefusedAndUsesTheCodeUp() {
        var code = code();

        assertThat(error(agent.redeem(code, Map.of("code_verifier", "a".repeat(43))), 400))
                .isEqualTo("invalid_grant");
        assertThat(error(agent.redeem(code, Map.of()), 400)).isEqualTo("invalid_grant");
    }

    /// RFC 9700 §4.8.2: nobody gets around PKCE by leaving it out, or by a verifier that is none.
    @Test
    void theVerifierIsRequiredAndHasTheLengthThatTheSpecificationGives() {
        assertThat(error(agent.redeem(code(), Map.of("code_verifier", "")), 400))
                .isEqualTo("invalid_request");
        assertThat(error(agent.redeem(code(), Map.of("code_verifier", agent.verifier() + "x".repeat(100))), 400))
                .isEqualTo("invalid_grant");
        assertThat(error(agent.redeem(code(), Map.of("code_verifier", agent.challenge())), 400))
                .isEqualTo("invalid_grant");
    }

    /// RFC 9700 §4.5: a code that somebody else got hold of is worth nothing to them.
    @Test
    void anotherClientCannotRedeemTheCodeNorUseItUp() {
        var code = code();
        var thief = Agent.register(server);

        assertThat(error(thief.redeem(code, Map.of("code_verifier", agent.verifier())), 400))
                .isEqualTo("invalid_grant");
        json(agent.redeem(code, Map.of()));
    }

    @Test
    void aRedirectUriThatIsSentMustBeTheRightOne() {
        assertThat(error(agent.redeem(code(), Map.of("redirect_uri", "https://evil.example/")), 400))
                .isEqualTo("invalid_grant");
        json(agent.redeem(code(), Map.of("redirect_uri", "")));
    }

    @Test
    void aCodeExpires() {
        var code = code();
        server.clock().forward(Duration.ofSeconds(60));

        assertThat(error(agent.redeem(code, Map.of()), 400)).isEqualTo("invalid_grant");
    }

    @Test
    void aMadeUpCodeIsRefused() {
        assertThat(error(agent.redeem("nonsense", Map.of()), 400)).isEqualTo("invalid_grant");
        assertThat(error(agent.redeem("", Map.of()), 400)).isEqualTo("invalid_request");
    }

    @Test
    void ofManyAtOnceOneRedeemsTheCodeOnWhateverReplica() throws Exception {
        var code = code();
        var there = agent.at(replica);
        Callable<Integer> here = () -> agent.redeem(code, Map.of()).statusCode();
        Callable<Integer> elsewhere = () -> there.redeem(code, Map.of()).statusCode();
        try (var threads = Executors.newFixedThreadPool(16)) {
            var all = threads.invokeAll(IntStream.range(0, 50)
                    .mapToObj(i -> i % 2 == 0 ? here : elsewhere)
                    .toList());
            int good = 0;
            for (var one : all) {
                good += one.get() == 200 ? 1 : 0;
            }
            assertThat(good).isEqualTo(1);
        }
    }

    @Test
    void theTokenIsForTheResourceThatWasConsentedTo() {
        var tools = RunningAuthzServer.ISSUER + "/tools";
        var code = agent.authorize(person, Map.of("resource", tools)).getOrDefault("code", "");

        var tokens = json(agent.redeem(code, Map.of("resource", tools)));

        assertThat(RunningAuthzServer.claims(text(tokens, "access_token"))).containsEntry("aud", tools);
        var other = agent.authorize(person, Map.of("resource", tools)).getOrDefault("code", "");
        assertThat(error(agent.redeem(other, Map.of("resource", RunningAuthzServer.ISSUER)), 400))
                .isEqualTo("invalid_target");
    }

    /// Whoever is refused holds nothing that could be listed or revoked.
    @Test
    void aRefusedRequestBeginsNoGrantAndUsesTheCodeUp() {
        var careless = Agent.register(server);
        for (var wrong : List.of(Map.of("resource", "https://other.example/"), Map.of("scope", "manage"))) {
            var code = careless.authorize(person, Map.of()).getOrDefault("code", "");

            assertThat(error(careless.redeem(code, wrong), 400))
                    .isEqualTo(wrong.containsKey("scope") ? "invalid_scope" : "invalid_target");

            assertThat(server.get("/api/v1/grants?client_id=" + careless.id(), server.internalToken())
                            .body())
                    .isEqualTo("[]");
            assertThat(error(careless.redeem(code, Map.of()), 400)).isEqualTo("invalid_grant");
        }
    }

    @Test
    void theDatabaseHoldsNoCodeAndNoRefreshTokenInTheClear() throws Exception {
        var code = code();
        var tokens = json(agent.redeem(code, Map.of()));
        json(agent.refresh(text(tokens, "refresh_token")));

        var dump = RunningAuthzServer.query(
                        database, "SELECT t::text FROM authorization_code t UNION ALL SELECT t::text FROM user_grant t")
                .toString();

        assertThat(dump)
                .contains(agent.id())
                .doesNotContain(code)
                .doesNotContain(text(tokens, "refresh_token"))
                .doesNotContain(text(tokens, "refresh_token").substring(0, 43))
                .doesNotContain(text(tokens, "access_token"));
    }

    private String code() {
        return agent.authorize(person, Map.of()).getOrDefault("code", "");
    }
}
