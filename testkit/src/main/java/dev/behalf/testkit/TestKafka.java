package dev.behalf.testkit;

import dev.behalf.embedded.KafkaBroker;
import dev.behalf.embedded.Ports;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.testcontainers.kafka.KafkaContainer;

/// A Kafka broker of a test: stopped and started again, it keeps its port and its records.
public final class TestKafka implements AutoCloseable {

    private static final class Shared {
        static final TestKafka BROKER = closedAtExit(start());
    }

    private final @Nullable Path folder;
    private final @Nullable KafkaContainer container;
    private final int port;
    private final int controllerPort;
    private @Nullable KafkaBroker broker;

    private TestKafka(@Nullable Path folder, int port, int controllerPort, @Nullable KafkaContainer container) {
        this.folder = folder;
        this.port = port;
        this.controllerPort = controllerPort;
        this.container = container;
    }

    /// A broker of the caller's own.
    @SuppressWarnings("resource") // closed by close()
    public static TestKafka start() {
        if (Servers.inDocker()) {
            var container = new KafkaContainer("apache/kafka:4.2.0");
            container.start();
            return new TestKafka(null, 0, 0, container);
        }
        var broker = notStarted();
        broker.restart();
        return broker;
    }

    /// A broker that is away until [#restart]; embedded always, since a container has no port before it runs.
    public static TestKafka notStarted() {
        try {
            return new TestKafka(Files.createTempDirectory("behalf-kafka"), Ports.free(), Ports.free(), null);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// The broker that all test classes of this process share.
    public static TestKafka shared() {
        return Shared.BROKER;
    }

    public String bootstrapServers() {
        return container != null ? container.getBootstrapServers() : "127.0.0.1:" + port;
    }

    public void stop() {
        if (container != null) {
            container
                    .getDockerClient()
                    .pauseContainerCmd(container.getContainerId())
                    .exec();
        } else if (broker != null) {
            broker.close();
            broker = null;
        }
    }

    public void restart() {
        if (container != null) {
            container
                    .getDockerClient()
                    .unpauseContainerCmd(container.getContainerId())
                    .exec();
            return;
        }
        try {
            broker = KafkaBroker.start(java.util.Objects.requireNonNull(folder), port, controllerPort);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        if (container != null) {
            container.close();
        } else {
            stop();
        }
        if (folder != null) {
            Folders.delete(folder);
        }
    }

    private static TestKafka closedAtExit(TestKafka kafka) {
        Runtime.getRuntime().addShutdownHook(new Thread(kafka::close));
        return kafka;
    }
}
