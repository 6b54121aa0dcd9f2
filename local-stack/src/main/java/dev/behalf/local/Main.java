package dev.behalf.local;

import dev.behalf.kernel.json.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Clock;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/// The commands of `./behalf`.
public final class Main {

    private static final String HELP = """
            ./behalf COMMAND [OPTIONS]: the whole suite on this machine

              up            start it in the foreground; Ctrl-C stops it
              token         print an operator's access token for the running stack
              user-token N  print a demo user's JWT: alice or bob
              user N        how a demo user signs in; --password prints the password alone
              user create N make an account; --name TEXT, --email ADDRESS
              client create N  make a client; --redirect-uri URI (may be repeated), --secret, --scope SCOPES
              audit verify  look whether the vault's audit log is whole; exits with 1 when it is not
              link          link a demo agent to a person in the browser; --scope SCOPES
              agent-token   print the linked agent's access token
              status        what runs where
              logs SERVICE  print a service's log

            Every command takes --data DIR (default .behalf), and --help.
            """;

    private static final String UP_HELP = """
            ./behalf up: start the suite in the foreground. Ctrl-C stops all that it started.

              --port N                    the public port (default 8080)
              --data DIR                  where everything is kept (default .behalf)
              --routes FILE               a routes file of yours (default DIR/routes.yaml)
              --allow-outbound HOST:PORT  let key sets be read there though it is a loopback or private address or plain
                                          http; may be repeated
              --no-demo                   without the demo agent, its identity provider and its route
              --processes                 each service in a process of its own, started again when it dies
            """;

    private Main() {}

    public static void main(String[] args) {
        System.setProperty("jdk.httpclient.allowRestrictedHeaders", "host"); // to call the agent by its name
        try {
            run(Arrays.asList(args));
        } catch (Refused e) {
            System.err.println("behalf: " + e.getMessage());
            System.exit(1);
        }
    }

    private static void run(List<String> words) {
        var command = words.isEmpty() ? "--help" : words.getFirst();
        var rest = words.isEmpty() ? words : words.subList(1, words.size());
        if (rest.contains("--help") || rest.contains("-h")) {
            Console.say(command.equals("up") ? UP_HELP : HELP);
            return;
        }
        switch (command) {
            case "up" -> up(Options.parse(rest));
            case "train" -> train(Options.parse(rest));
            case "token" -> token(Options.parse(rest));
            case "user-token" -> userToken(Options.parse(rest));
            case "user" -> OperatorCommands.user(rest);
            case "client" -> OperatorCommands.client(rest);
            case "audit" -> OperatorCommands.audit(rest);
            case "link" -> link(Options.parse(rest));
            case "agent-token" -> Console.say(linkOf(Options.parse(rest)).token());
            case "status" -> status(Options.parse(rest));
            case "logs" -> logs(Options.parse(rest));
            case "--help", "-h", "help" -> Console.say(HELP);
            default -> throw new Refused("no such command: " + command + "; see ./behalf --help");
        }
    }

    private static void up(Options options) {
        var stack = Stack.on(options, jvmOptions());
        // Before the start, so that Ctrl-C in the midst of it leaves nothing behind either.
        Runtime.getRuntime().addShutdownHook(new Thread(stack::close, "shutdown"));
        stack.start();
        if (options.demo()) {
            Demo.show(stack);
        }
        Console.say("");
        Console.say("Behalf is up: " + stack.url());
        try {
            new CountDownLatch(1).await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// Does everything once, so that the virtual machine can prepare it for the next start.
    private static void train(Options options) {
        try (var stack = Stack.on(options.onFreePort(), jvmOptions())) {
            stack.start();
            Demo.show(stack);
        }
        System.exit(0);
    }

    private static void token(Options options) {
        var folder = DataFolder.existing(options.data());
        var token = new Calls()
                .operatorToken(
                        RunFile.read(folder).url(),
                        folder.secret("client-operator").reveal(),
                        options.scope());
        Console.say(token);
    }

    private static void userToken(Options options) {
        if (options.arguments().size() != 1) {
            throw new Refused("user-token needs one name: alice or bob");
        }
        var folder = DataFolder.existing(options.data());
        Console.say(DemoIdentityProvider.of(folder).token(options.arguments().getFirst(), Clock.systemUTC()));
    }

    private static void link(Options options) {
        linkOf(options).run(options.scope());
    }

    private static Link linkOf(Options options) {
        var folder = DataFolder.existing(options.data());
        return new Link(RunFile.read(folder).url(), folder);
    }

    private static void status(Options options) {
        var folder = DataFolder.existing(options.data());
        var run = RunFile.read(folder);
        var calls = new Calls();
        var rows = run.parts().stream()
                .map(part -> {
                    var row = new LinkedHashMap<>(part.toJson());
                    row.put("status", health(part, calls));
                    return row;
                })
                .toList();
        if (options.json()) {
            Console.say(Json.text(rows));
            return;
        }
        Console.say("Behalf at " + run.url());
        rows.forEach(row -> Console.say("  %-14s %-5s pid %-8s %-24s %s"
                .formatted(
                        row.get("name"), row.get("status"), row.get("pid"), row.get("url"), row.get("managementUrl"))));
    }

    private static String health(RunFile.Part part, Calls calls) {
        if (part.managementUrl().isEmpty()) {
            return ProcessHandle.of(part.pid()).map(ProcessHandle::isAlive).orElse(false) ? "UP" : "DOWN";
        }
        return calls.status(part.managementUrl() + "/health") == 200 ? "UP" : "DOWN";
    }

    private static void logs(Options options) {
        var folder = DataFolder.existing(options.data());
        if (options.arguments().size() != 1 || !options.arguments().getFirst().matches("[a-z-]{1,40}")) {
            throw new Refused("logs needs the name of one service: " + String.join(", ", Services.NAMES));
        }
        var file = folder.path("logs").resolve(options.arguments().getFirst() + ".log");
        if (!Files.exists(file)) {
            throw new Refused("there is no log of " + options.arguments().getFirst());
        }
        try (var lines = Files.lines(file, StandardCharsets.UTF_8)) {
            lines.forEach(Console::say);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// What this virtual machine was started with, for the ones that it starts; not its log file, its heap, nor
    /// what it trains.
    private static List<String> jvmOptions() {
        return ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(option -> !option.startsWith("-Dlogback.")
                        && !option.startsWith("-Dbehalf.logs")
                        && !option.startsWith("-Xmx"))
                .filter(option ->
                        !option.startsWith("-XX:AOTCacheOutput") && !option.startsWith("-XX:TieredStopAtLevel"))
                .toList();
    }
}
