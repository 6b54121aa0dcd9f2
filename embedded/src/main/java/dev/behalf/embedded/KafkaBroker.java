package dev.behalf.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.server.common.MetadataVersion;

/// A Kafka broker and controller inside this process (KRaft, one node), durable on its folder.
public final class KafkaBroker implements AutoCloseable {

    private final KafkaRaftServer server;
    private final int port;

    private KafkaBroker(KafkaRaftServer server, int port) {
        this.server = server;
        this.port = port;
    }

    /// Starts the broker on the folder, which is made and formatted when it does not exist.
    ///
    /// @param port           of the broker, on the loopback interface
    /// @param controllerPort of the controller, on the loopback interface
    /// @throws IOException when the folder cannot be written
    public static KafkaBroker start(Path folder, int port, int controllerPort) throws IOException {
        Files.createDirectories(folder);
        var settings = settings(folder, port, controllerPort);
        if (!Files.exists(folder.resolve("meta.properties"))) {
            format(folder, controllerPort);
        }
        var properties = new Properties();
        properties.putAll(settings);
        var server = new KafkaRaftServer(new KafkaConfig(properties, false), Time.SYSTEM);
        server.startup();
        return new KafkaBroker(server, port);
    }

    public String bootstrapServers() {
        return "127.0.0.1:" + port;
    }

    /// Makes a topic of one partition; nothing happens to one that exists.
    public void topic(String name, Map<String, String> configuration) throws InterruptedException {
        try (var admin = Admin.create(Map.of("bootstrap.servers", bootstrapServers()))) {
            admin.createTopics(List.of(new NewTopic(name, 1, (short) 1).configs(configuration)))
                    .all()
                    .get();
        } catch (ExecutionException e) {
            if (!(e.getCause() instanceof TopicExistsException)) {
                throw new IllegalStateException("cannot make the topic " + name, e.getCause());
            }
        }
    }

    @Override
    public void close() {
        server.shutdown();
        server.awaitShutdown();
    }

    private static void format(Path folder, int controllerPort) throws IOException {
        try {
            var formatter = new Formatter()
                    .setClusterId(Uuid.randomUuid().toString())
                    .setNodeId(1)
                    .setDirectories(new java.util.ArrayList<>(List.of(folder.toString())))
                    .setMetadataLogDirectory(folder.toString())
                    .setControllerListenerName("CONTROLLER")
                    .setUnstableFeatureVersionsEnabled(false)
                    .setReleaseVersion(MetadataVersion.LATEST_PRODUCTION)
                    .setIgnoreFormatted(true)
                    .setPrintStream(new java.io.PrintStream(
                            java.io.OutputStream.nullOutputStream(), false, java.nio.charset.StandardCharsets.UTF_8));
            formatter.run();
        } catch (Exception e) {
            throw new IOException("cannot format " + folder + " for Kafka (controller " + controllerPort + ")", e);
        }
    }

    private static Map<String, String> settings(Path folder, int port, int controllerPort) {
        var settings = new TreeMap<String, String>();
        settings.put("process.roles", "broker,controller");
        settings.put("node.id", "1");
        settings.put("controller.quorum.voters", "1@127.0.0.1:" + controllerPort);
        settings.put("listeners", "BROKER://127.0.0.1:" + port + ",CONTROLLER://127.0.0.1:" + controllerPort);
        settings.put("advertised.listeners", "BROKER://127.0.0.1:" + port);
        settings.put("listener.security.protocol.map", "BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT");
        settings.put("inter.broker.listener.name", "BROKER");
        settings.put("controller.listener.names", "CONTROLLER");
        settings.put("log.dirs", folder.toString());
        settings.put("auto.create.topics.enable", "false");
        for (var topic : List.of("offsets.topic", "transaction.state.log", "share.coordinator.state.topic")) {
            settings.put(topic + ".replication.factor", "1");
            settings.put(topic + ".num.partitions", "1");
            settings.put(topic + ".min.isr", "1");
        }
        settings.remove("offsets.topic.min.isr");
        // One node: a record counts as written when it is on its disk.
        settings.put("log.flush.interval.messages", "1");
        settings.put("group.initial.rebalance.delay.ms", "0");
        // Without controlled shutdown, or with the default timeouts, every restart waits ten seconds for the old
        // session.
        settings.put("controlled.shutdown.enable", "true");
        settings.put("broker.session.timeout.ms", "2000");
        settings.put("broker.heartbeat.interval.ms", "500");
        settings.put("controller.quorum.election.timeout.ms", "200");
        settings.put("log.cleaner.dedupe.buffer.size", "4194304");
        settings.put("log.index.size.max.bytes", "1048576");
        settings.put("num.network.threads", "1");
        settings.put("num.io.threads", "2");
        settings.put("num.recovery.threads.per.data.dir", "1");
        settings.put("background.threads", "2");
        return new HashMap<>(settings);
    }
}
