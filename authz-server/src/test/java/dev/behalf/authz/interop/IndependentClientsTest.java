package dev.behalf.authz.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.behalf.authz.Person;
import dev.behalf.authz.RunningAuthzServer;
import dev.behalf.embedded.Ports;
import dev.behalf.testkit.TestPostgres;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// OAuth clients that others wrote, as npm has them, unchanged. Where there is no Node.js, it is skipped and
/// says so.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class IndependentClientsTest {

    private static final String ALICE = "alice@example.com";
    private static final Path SCRIPTS =
            Path.of("..", "interop").toAbsolutePath().normalize();

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
    void clients() throws Exception {
        var node = isThere("node");
        if (!node) {
            System.err.println("IndependentClientsTest is skipped: there is no Node.js");
        }
        assumeTrue(node, "there is no Node.js");
        Person.account(server, ALICE);
        if (!Files.isDirectory(SCRIPTS.resolve("node_modules"))) {
            run(List.of("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"));
        }
    }

    @AfterAll
    void stop() {
        server.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"openid-client", "oauth4webapi", "mcp"})
    void worksAsItIs(String client) throws Exception {
        assertThat(run(List.of("node", client + ".mjs"))).contains("ok  ");
    }

    @CanIgnoreReturnValue
    private String run(List<String> command) throws IOException, InterruptedException {
        var builder = new ProcessBuilder(new ArrayList<>(command))
                .directory(SCRIPTS.toFile())
                .redirectErrorStream(true);
        builder.environment()
                .putAll(Map.of(
                        "ISSUER",
                        issuer,
                        "PERSON",
                        ALICE,
                        "PASSWORD",
                        Person.PASSWORD,
                        "RESOURCE_PORT",
                        String.valueOf(resourcePort)));
        var process = builder.start();
        var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(120, TimeUnit.SECONDS)).as(output).isTrue();
        assertThat(process.exitValue()).as(output).isZero();
        return output;
    }

    private static boolean isThere(String program) {
        try {
            return new ProcessBuilder(program, "--version")
                            .redirectErrorStream(true)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
