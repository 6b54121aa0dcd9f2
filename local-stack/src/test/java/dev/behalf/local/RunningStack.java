package dev.behalf.local;

import dev.behalf.embedded.Ports;
import dev.behalf.kernel.json.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A stack that was started by its command, and what a test does to it.
final class RunningStack implements AutoCloseable {

    private final Command command;
    private final Path data;
    private final int port;
    private final Calls calls = new Calls();

    private RunningStack(Command command, Path data, int port) {
        this.command = command;
        this.data = data;
        this.port = port;
    }

    /// Starts a stack on the folder and waits until it is up.
    static RunningStack up(Path data, String... options) {
        return up(data, Ports.free(), options);
    }

    static RunningStack up(Path data, int port, String... options) {
        var stack = starting(data, port, options);
        stack.command.await("Behalf is up: ");
        return stack;
    }

    /// Starts a stack and does not wait.
    static RunningStack starting(Path data, int port, String... options) {
        var words = new ArrayList<>(List.of("up", "--port", Integer.toString(port)));
        words.addAll(List.of(options));
        return new RunningStack(Command.start(data, words), data, port);
    }

    Command command() {
        return command;
    }

    Path data() {
        return data;
    }

    int port() {
        return port;
    }

    String url() {
        return "http://127.0.0.1:" + port;
    }

    DemoIdentityProvider demoProvider() {
        return DemoIdentityProvider.of(DataFolder.existing(data));
    }

    String userToken(String name) {
        return demoProvider().token(name, Clock.systemUTC());
    }

    String operatorToken() {
        return calls.operatorToken(
                url(), DataFolder.existing(data).secret("client-operator").reveal(), Optional.empty());
    }

    /// Calls the demo agent with the user's token; status 0 when there is no answer.
    Answer ask(String userToken) {
        return send("GET", "/", Map.of("Host", Demo.HOST, "Authorization", "Bearer " + userToken), null);
    }

    /// A call to the management APIs as the operator; status 0 when there is no answer.
    Answer manage(String operatorToken, String method, String path, @Nullable Object body) {
        var headers = new HashMap<>(Map.of("Authorization", "Bearer " + operatorToken));
        if (body != null) {
            headers.put("Content-Type", "application/json");
        }
        return send(method, path, headers, body == null ? null : Json.text(body));
    }

    Answer send(String method, String path, Map<String, String> headers, @Nullable String body) {
        try {
            var reply = calls.send(method, url() + path, headers, body);
            return new Answer(reply.statusCode(), reply.body(), reply);
        } catch (IOException e) {
            return new Answer(0, String.valueOf(e.getMessage()), null);
        }
    }

    /// @param status 0: none came
    record Answer(int status, String body, @Nullable HttpResponse<String> reply) {

        /// The user whom the demo agent saw.
        String user() {
            var headers = new HashMap<String, String>();
            if (Json.readObject(body).get("headers") instanceof Map<?, ?> map) {
                map.forEach((name, value) ->
                        headers.put(String.valueOf(name).toLowerCase(java.util.Locale.ROOT), String.valueOf(value)));
            }
            return headers.getOrDefault("x-end-user-id", "");
        }

        Optional<String> header(String name) {
            return reply == null ? Optional.empty() : reply.headers().firstValue(name);
        }
    }

    /// What the demo registers, with some members of its `spec` or `identityProvider` set otherwise.
    Map<String, Object> registration(String name, String host, String userIdClaim) {
        var idp = new LinkedHashMap<String, Object>();
        idp.put("issuer", demoProvider().issuer());
        idp.put("jwksUri", demoProvider().issuer() + "/jwks.json");
        idp.put("audiences", List.of(DemoIdentityProvider.AUDIENCE));
        var spec = new LinkedHashMap<String, Object>();
        spec.put("host", host);
        spec.put("identityProvider", idp);
        spec.put("userIDClaim", userIdClaim);
        return Map.of("name", name, "spec", spec);
    }

    /// The process of that part, as `status --json` tells it.
    long pid(String part) {
        return RunFile.read(DataFolder.existing(data)).parts().stream()
                .filter(each -> each.name().equals(part))
                .findFirst()
                .orElseThrow()
                .pid();
    }

    String managementUrl(String part) {
        return RunFile.read(DataFolder.existing(data)).parts().stream()
                .filter(each -> each.name().equals(part))
                .findFirst()
                .orElseThrow()
                .managementUrl();
    }

    static void signal(String signal, long pid) {
        try {
            int status = new ProcessBuilder("kill", "-" + signal, Long.toString(pid))
                    .inheritIO()
                    .start()
                    .waitFor();
            if (status != 0) {
                throw new AssertionError("no process " + pid);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /// Every process that it started, PostgreSQL's included, which is nobody's child.
    List<ProcessHandle> processes() {
        var all = new ArrayList<>(command.process().descendants().toList());
        try {
            var postmaster = Files.readAllLines(data.resolve("postgres/postmaster.pid"))
                    .getFirst()
                    .strip();
            ProcessHandle.of(Long.parseLong(postmaster)).ifPresent(process -> {
                all.add(process);
                all.addAll(process.descendants().toList());
            });
        } catch (NoSuchFileException e) {
            // it does not run
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return all;
    }

    /// Whether it runs; one that ended and was not asked after by its parent does not.
    static boolean runs(ProcessHandle process) {
        try {
            var status = Files.readString(Path.of("/proc", Long.toString(process.pid()), "stat"));
            return process.isAlive()
                    && !status.substring(status.lastIndexOf(')') + 1).strip().startsWith("Z");
        } catch (IOException e) {
            return process.isAlive();
        }
    }

    /// Ends it as Ctrl-C does, and waits.
    void stop() {
        command.process().destroy();
        command.awaitEnd();
    }

    @Override
    public void close() {
        if (command.process().isAlive()) {
            stop();
        }
    }
}
