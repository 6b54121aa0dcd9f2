package dev.behalf.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.behalf.embedded.Ports;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class OneCommandTest {

    @TempDir
    Path folder;

    private Path data() {
        return folder.resolve("data");
    }

    @Test
    void up_does_the_main_job_serves_the_tour_and_leaves_nothing_behind() throws IOException {
        var stack = RunningStack.up(data());
        try (stack) {
            assertThat(stack.command().output())
                    .containsIgnoringCase("X-End-User-ID: alice@example.com")
                    .doesNotContain("SLF4J");
            assertThat(stack.command().output().split("What the agent received:")[1])
                    .doesNotContain("root");
            assertThat(Command.run(data(), "token")).matches("[\\w-]+\\.[\\w-]+\\.[\\w-]+");
            assertThat(stack.ask(Command.run(data(), "user-token", "bob")).user())
                    .isEqualTo("bob@example.com");
            assertThat(Command.run(data(), "status")).contains("api-gateway    UP");
            assertThat(Command.run(data(), "status", "--json"))
                    .startsWith("[{\"name\":")
                    .contains("\"pid\":");
            assertThat(Command.run(data(), "logs", "idp-registry")).contains("provider");
            assertThat(Command.run(data(), "logs", "nobody")).isEqualTo("behalf: there is no log of nobody");

            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(data())))
                    .isEqualTo("rwx------");
            try (var secrets = Files.list(data().resolve("secrets"))) {
                assertThat(secrets)
                        .isNotEmpty()
                        .allSatisfy(secret -> assertThat(
                                        PosixFilePermissions.toString(Files.getPosixFilePermissions(secret)))
                                .isEqualTo("rw-------"));
            }

            var second = RunningStack.starting(data(), Ports.free());
            assertThat(second.command().awaitEnd()).isEqualTo(1);
            assertThat(second.command().output())
                    .startsWith("behalf: a stack is running on ")
                    .hasLineCount(1);

            assertThat(stack.manage(stack.operatorToken(), "DELETE", "/api/identity-providers/demo", null)
                            .body())
                    .isEqualTo("{\"status\":\"deleted\"}");
            Command.waitUntil(
                    "the refusal", () -> stack.ask(stack.userToken("alice")).status() == 401);

            var processes = stack.processes();
            assertThat(processes).isNotEmpty();
            stack.stop();
            assertThat(processes).noneMatch(RunningStack::runs);
            assertThat(data().resolve("run/stack.json")).doesNotExist();
            assertThat(Ports.isFree(stack.port())).isTrue();
            assertThat(Command.run(data(), "status"))
                    .startsWith("behalf: no stack runs on ")
                    .hasLineCount(1);
        }
    }

    @Test
    void what_was_acknowledged_survives_kill_9_of_everything_and_the_next_start_takes_over() {
        try (var stack = RunningStack.up(data())) {
            var operator = stack.operatorToken();
            for (int i = 0; i < 20; i++) {
                assertThat(stack.manage(
                                        operator,
                                        "POST",
                                        "/api/identity-providers",
                                        stack.registration("kept-" + i, "h" + i + ".example.com", "sub"))
                                .status())
                        .isEqualTo(201);
            }
            assertThat(stack.manage(operator, "DELETE", "/api/identity-providers/kept-0", null)
                            .status())
                    .isEqualTo(200);
            RunningStack.signal("KILL", stack.command().process().pid());
            stack.command().awaitEnd();
        }
        var stack = RunningStack.up(data());
        try (stack) {
            var names = stack.manage(stack.operatorToken(), "GET", "/api/identity-providers", null)
                    .body();
            for (int i = 1; i < 20; i++) {
                assertThat(names).contains("\"kept-" + i + "\"");
            }
            assertThat(names).doesNotContain("\"kept-0\"");
            var processes = stack.processes();
            assertThat(processes).isNotEmpty();
            stack.stop();
            assertThat(processes).noneMatch(RunningStack::runs);
        }
    }

    @Test
    void ctrl_c_in_the_midst_of_a_start_leaves_nothing_behind() {
        for (var moment : List.of("PostgreSQL", "authz-server", "jwt-validator")) {
            try (var stack = RunningStack.starting(data(), Ports.free(), "--no-demo")) {
                stack.command().await(moment);
                var processes = stack.processes();
                stack.stop();
                assertThat(processes).noneMatch(RunningStack::runs);
            }
        }
    }

    @Test
    void two_stacks_run_side_by_side_and_know_nothing_of_one_another() {
        try (var one = RunningStack.up(folder.resolve("one"));
                var two = RunningStack.up(folder.resolve("two"), "--no-demo")) {
            assertThat(one.ask(one.userToken("alice")).status()).isEqualTo(200);
            assertThat(two.ask(one.userToken("alice")).status()).isEqualTo(404);
            assertThat(two.manage(one.operatorToken(), "GET", "/api/identity-providers", null)
                            .status())
                    .isEqualTo(401);
        }
    }

    @Test
    void a_port_in_use_is_one_clear_line() throws IOException {
        try (var taken = new java.net.ServerSocket(0, 1, java.net.InetAddress.getLoopbackAddress())) {
            var stack = RunningStack.starting(data(), taken.getLocalPort());
            assertThat(stack.command().awaitEnd()).isEqualTo(1);
            assertThat(stack.command().output())
                    .isEqualTo("behalf: port " + taken.getLocalPort() + " is in use; choose another with --port\n");
        }
    }

    @Test
    void a_data_folder_that_cannot_be_written_is_one_clear_line() throws IOException {
        Files.writeString(folder.resolve("file"), "");
        var command = Command.start(folder.resolve("file"), List.of("up"));
        assertThat(command.awaitEnd()).isEqualTo(1);
        assertThat(command.output()).startsWith("behalf: cannot write to ").hasLineCount(1);
    }

    @Test
    void a_full_disk_is_one_clear_line() {
        assertThatThrownBy(() -> DataFolder.open(data()).requireSpace(Long.MAX_VALUE))
                .isInstanceOf(Refused.class)
                .hasMessageMatching("the disk of .*/data is full: \\d+ MiB are free, \\d+ are needed");
    }

    @Test
    void a_routes_file_with_a_fault_is_one_clear_line_and_leaves_nothing_behind() throws IOException {
        var routes = folder.resolve("routes.yaml");
        Files.writeString(routes, "routes:\n  - host: a.example.com\n    upstraem: http://127.0.0.1:1\n");
        var stack = RunningStack.starting(data(), Ports.free(), "--no-demo", "--routes", routes.toString());
        stack.command().await("idp-registry");
        var processes = stack.processes();
        assertThat(stack.command().awaitEnd()).isEqualTo(1);
        assertThat(stack.command().output().lines().toList().getLast())
                .startsWith("behalf: api-gateway does not start: ")
                .contains("upstraem");
        assertThat(processes).isNotEmpty().noneMatch(RunningStack::runs);
    }

    @Test
    void words_that_are_no_command_or_option_are_one_clear_line() {
        assertThat(Command.run(data(), "fly"))
                .startsWith("behalf: no such command: fly")
                .hasLineCount(1);
        assertThat(Command.run(data(), "up", "--prot", "1"))
                .startsWith("behalf: unknown option --prot")
                .hasLineCount(1);
        assertThat(Command.run(data(), "up", "--port", "70000"))
                .isEqualTo("behalf: --port needs a number from 1 to 65535");
        assertThat(Command.run(data(), "user-token", "alice"))
                .startsWith("behalf: there is no stack in ")
                .hasLineCount(1);
    }
}
