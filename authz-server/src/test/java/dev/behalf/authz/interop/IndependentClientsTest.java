package dev.behalf.authz.interop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.authz.Person;
import dev.behalf.authz.RunningAuthzServer;
import dev.behalf.embedded.Ports;
import dev.behalf.testkit.NodeScript;
import dev.behalf.testkit.TestPostgres;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// OAuth clients that others wrote, as npm has them, unchanged.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class IndependentClientsTest {

    private static final String ALICE = "alice@example.com";

    private final int port = Ports.free();
    private final int resourcePort = Ports.free();
    private final String issuer = "http://127.0.0.1:" + port;
    private final RunningAuthzServer server = RunningAuthzServer.start(
            TestPostgres.shared().newDatabase(),
            Map.of(
                    "micronaut.server.port", port,
                    "behalf.oauth.issuer", issuer,
                    "behalf.outbound.allow", "127.0.0.1:" + resourcePort));

    @BeforeAll
    void alice() {
        Person.account(server, ALICE);
    }

    @AfterAll
    void stop() {
        server.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"openid-client", "oauth4webapi", "mcp"})
    void worksAsItIs(String client) {
        var environment = Map.of(
                "ISSUER",
                issuer,
                "PERSON",
                ALICE,
                "PASSWORD",
                Person.PASSWORD,
                "RESOURCE_PORT",
                String.valueOf(resourcePort));

        assertThat(NodeScript.run(client, environment)).contains("ok  ");
    }
}
