package dev.behalf.local;

import dev.behalf.embedded.KafkaBroker;
import dev.behalf.embedded.Ports;
import dev.behalf.gateway.ApiGateway;
import dev.behalf.kernel.service.Service;
import dev.behalf.vault.TokenVault;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;
import org.slf4j.LoggerFactory;

/// The whole suite, from nothing to ready and back.
final class Stack implements AutoCloseable {

    private static final Duration READY_WITHIN = Duration.ofMinutes(2);
    private static final long SPACE_MEBIBYTES = 200;
    private static final String KAFKA = ServiceProcess.KAFKA;
    private static final String POSTGRES = "postgres";

    private static final String NO_ROUTES = """
            # Where requests go. The gateway reads this file again when it changes; docs/routes.md describes it.
            # routes:
            #   - host: portal.agents.example.com    # exact, or *.agents.example.com
            #     path: /                            # a prefix
            #     upstream: http://127.0.0.1:9000
            #     access: user                       # open: anybody; user: with a user's token
            #     scopes: [read]                     # also with an agent's token that has these scopes
            routes: []
            """;

    private static final String DEMO_ROUTES = """
            # Where requests go. The gateway reads this file again when it changes; docs/routes.md describes it.
            routes:
              - host: HOST
                upstream: http://127.0.0.1:PORT
                access: user
                scopes: [read]
            """;

    private final Options options;
    private final DataFolder folder;
    private final Services services;
    private final DemoIdentityProvider demoProvider;
    private final DemoAccounts demoAccounts;
    private final Map<String, Launch> launches = Collections.synchronizedMap(new LinkedHashMap<>());
    private final ReadWriteLock starting = new ReentrantReadWriteLock();
    private volatile boolean closing;
    private final List<String> jvmOptions;

    private Stack(Options options, DataFolder folder, List<String> jvmOptions) {
        this.options = options;
        this.folder = folder;
        this.jvmOptions = jvmOptions;
        this.demoProvider = DemoIdentityProvider.of(folder);
        this.demoAccounts = DemoAccounts.of(folder);
        var allow = new ArrayList<>(options.allowOutbound());
        if (options.demo()) {
            allow.add(demoProvider.hostAndPort());
            allow.add(demoAccounts.hostAndPort());
        }
        this.services = new Services(options, folder, List.copyOf(allow));
    }

    /// A stack on its folder, not started yet.
    ///
    /// @param jvmOptions of the processes that it starts
    /// @throws Refused when another stack runs on the folder or the port is in use
    static Stack on(Options options, List<String> jvmOptions) {
        var folder = DataFolder.open(options.data());
        folder.lock();
        folder.requireSpace(SPACE_MEBIBYTES);
        if (!Ports.isFree(options.port())) {
            throw new Refused("port " + options.port() + " is in use; choose another with --port");
        }
        return new Stack(options, folder, jvmOptions);
    }

    String url() {
        return services.url(ApiGateway.NAME);
    }

    DataFolder folder() {
        return folder;
    }

    DemoIdentityProvider demoProvider() {
        return demoProvider;
    }

    DemoAccounts demoAccounts() {
        return demoAccounts;
    }

    /// Starts everything and returns when it is ready.
    ///
    /// @throws Refused when something does not start, or when the stack is closed meanwhile
    void start() {
        long begin = System.nanoTime();
        writeRoutes();
        startDemo();
        int kafkaPort = folder.port(KAFKA);
        int controllerPort = folder.port("kafka-controller");
        var bootstrapServers = "127.0.0.1:" + kafkaPort;
        var _ = LoggerFactory.getILoggerFactory(); // ready before two threads begin to log
        // Neither needs the other, and both wait more than they work.
        var kafka = CompletableFuture.supplyAsync(() -> started(KAFKA, () -> kafka(kafkaPort, controllerPort)));
        var postgres = started(POSTGRES, () -> Postgres.start(folder, services));
        progress("PostgreSQL", begin);
        var _ = joined(kafka);
        progress("Kafka", begin);
        for (var name : Services.NAMES) {
            var settings = services.settings(name, postgres.port(), bootstrapServers);
            var _ = started(name, () -> launch(name, settings));
            if (!options.processes()) {
                progress(name, begin);
            }
        }
        awaitReady();
        writeRunFile(bootstrapServers, postgres.port());
        running().forEach(launch -> launch.keep(() -> writeRunFile(bootstrapServers, postgres.port())));
        progress("ready", begin);
    }

    /// Stops what runs, the last started first. A part that is being started is waited for.
    @Override
    public void close() {
        closing = true;
        running().forEach(Launch::release);
        starting.writeLock().lock();
        try {
            synchronized (this) { // no part that came back may write it anew
                RunFile.delete(folder);
            }
            for (var launch : running().reversed()) {
                try {
                    launch.close();
                } catch (RuntimeException e) {
                    Console.say("a part of the stack did not stop cleanly: " + Service.reason(e));
                }
            }
            launches.clear();
        } finally {
            starting.writeLock().unlock();
        }
    }

    private List<Launch> running() {
        synchronized (launches) {
            return List.copyOf(launches.values());
        }
    }

    private <T extends Launch> T started(String name, Supplier<T> start) {
        starting.readLock().lock();
        try {
            if (closing) {
                throw new Refused("stopped before it was up");
            }
            var launch = start.get();
            launches.put(name, launch);
            return launch;
        } finally {
            starting.readLock().unlock();
        }
    }

    private Launch launch(String name, Map<String, Object> settings) {
        if (options.processes()) {
            return ChildProcess.start(name, settings, folder, jvmOptions);
        }
        try {
            return new InProcess(Services.start(name, settings));
        } catch (RuntimeException e) {
            throw new Refused(name + " does not start: " + Service.reason(e));
        }
    }

    private Launch kafka(int port, int controllerPort) {
        var data = folder.path(KAFKA);
        if (options.processes()) {
            return ChildProcess.start(
                    KAFKA,
                    Map.of("folder", data.toString(), "port", port, "controllerPort", controllerPort),
                    folder,
                    jvmOptions);
        }
        try {
            return new InProcess(KafkaBroker.start(data, port, controllerPort));
        } catch (IOException | RuntimeException e) {
            throw new Refused("Kafka does not start on " + data + ": " + Service.reason(e));
        }
    }

    /// A part of the stack inside this process.
    private record InProcess(AutoCloseable part) implements Launch {

        @Override
        public long pid() {
            return ProcessHandle.current().pid();
        }

        @Override
        public void close() {
            try {
                part.close();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private void awaitReady() {
        var calls = new Calls();
        long end = System.nanoTime() + READY_WITHIN.toNanos();
        while (calls.status(url() + "/health") != 200
                || calls.status(services.managementUrl(TokenVault.NAME) + "/health/readiness") != 200) {
            launches.forEach((name, launch) -> {
                if (!launch.isAlive()) {
                    throw new Refused(name + " does not start; its log: "
                            + folder.path("logs").resolve(name + ".log"));
                }
            });
            if (System.nanoTime() > end) {
                throw new Refused(
                        "not ready after " + READY_WITHIN.toSeconds() + " s; the logs are in " + folder.path("logs"));
            }
            if (closing) {
                throw new Refused("stopped before it was up");
            }
            try {
                Thread.sleep(20);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new Refused("interrupted");
            }
        }
    }

    private synchronized void writeRunFile(String bootstrapServers, int postgresPort) {
        if (closing) {
            return;
        }
        var parts = new ArrayList<RunFile.Part>();
        launches.forEach((name, launch) -> parts.add(
                switch (name) {
                    case POSTGRES -> new RunFile.Part(name, launch.pid(), "127.0.0.1:" + postgresPort, "");
                    case KAFKA -> new RunFile.Part(name, launch.pid(), bootstrapServers, "");
                    default -> new RunFile.Part(name, launch.pid(), services.url(name), services.managementUrl(name));
                }));
        new RunFile(url(), parts).write(folder);
    }

    private void startDemo() {
        if (!options.demo()) {
            return;
        }
        try {
            demoProvider.serve();
            demoAccounts.serve();
            DemoAgent.serve(agentPort());
        } catch (IOException e) {
            throw new Refused("the demo does not start: " + e.getMessage());
        }
    }

    private int agentPort() {
        return folder.port("demo-agent");
    }

    private void writeRoutes() {
        var file = services.routesFile();
        if (options.routes().isPresent()) {
            if (!Files.isReadable(file)) {
                throw new Refused("cannot read the routes file " + file);
            }
            return;
        }
        if (Files.exists(file)) {
            return;
        }
        var text = options.demo()
                ? DEMO_ROUTES.replace("HOST", Demo.HOST).replace("PORT", Integer.toString(agentPort()))
                : NO_ROUTES;
        try {
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new Refused("cannot write to " + folder.root() + ": " + DataFolder.reason(e));
        }
    }

    private static <T> T joined(CompletableFuture<T> future) {
        try {
            return future.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof Refused refused) {
                throw refused;
            }
            throw e;
        }
    }

    private static void progress(String what, long begin) {
        Console.say("  %-14s %5.1f s".formatted(what, (System.nanoTime() - begin) / 1e9));
    }
}
