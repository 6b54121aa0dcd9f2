package dev.behalf.local;

import dev.behalf.embedded.Ports;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// What was asked for on the command line.
///
/// @param port          the public port
/// @param data          the folder that holds everything the stack keeps
/// @param routes        a routes file of the user's own
/// @param allowOutbound `host:port` pairs that may be called though they are loopback or private
/// @param demo          whether the demo agent, provider and route are there
/// @param processes     whether each service has a process of its own
/// @param json          whether the answer is for programs
/// @param scope         the scopes of a token
/// @param arguments     what is left
record Options(
        int port,
        Path data,
        Optional<Path> routes,
        List<String> allowOutbound,
        boolean demo,
        boolean processes,
        boolean json,
        Optional<String> scope,
        List<String> arguments) {

    static final int DEFAULT_PORT = 8080;

    /// @throws Refused when an option is not known, or its value is not as it must be
    static Options parse(List<String> words) {
        int port = DEFAULT_PORT;
        var data = Path.of(".behalf");
        Optional<Path> routes = Optional.empty();
        var allowOutbound = new ArrayList<String>();
        boolean demo = true;
        boolean processes = false;
        boolean json = false;
        Optional<String> scope = Optional.empty();
        var arguments = new ArrayList<String>();
        var left = new java.util.ArrayDeque<>(words);
        while (!left.isEmpty()) {
            var word = left.removeFirst();
            int equals = word.startsWith("--") ? word.indexOf('=') : -1;
            if (equals > 0) {
                left.addFirst(word.substring(equals + 1));
                word = word.substring(0, equals);
            }
            switch (word) {
                case "--port" -> port = port(value(left, word));
                case "--data" -> data = Path.of(value(left, word));
                case "--routes" -> routes = Optional.of(Path.of(value(left, word)));
                case "--allow-outbound" -> allowOutbound.add(value(left, word));
                case "--no-demo" -> demo = false;
                case "--processes" -> processes = true;
                case "--json" -> json = true;
                case "--scope" -> scope = Optional.of(value(left, word));
                default -> {
                    if (word.startsWith("-")) {
                        throw new Refused("unknown option " + word + "; see ./behalf --help");
                    }
                    arguments.add(word);
                }
            }
        }
        return new Options(
                port,
                data.toAbsolutePath().normalize(),
                routes.map(file -> file.toAbsolutePath().normalize()),
                List.copyOf(allowOutbound),
                demo,
                processes,
                json,
                scope,
                List.copyOf(arguments));
    }

    /// The same on whatever port is free now.
    Options onFreePort() {
        return new Options(Ports.free(), data, routes, allowOutbound, demo, processes, json, scope, arguments);
    }

    private static String value(java.util.Deque<String> left, String option) {
        if (left.isEmpty()) {
            throw new Refused(option + " needs a value");
        }
        return left.removeFirst();
    }

    private static int port(String text) {
        try {
            int port = Integer.parseInt(text);
            if (port > 0 && port < 65536) {
                return port;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw new Refused("--port needs a number from 1 to 65535");
    }
}
