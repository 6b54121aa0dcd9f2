package dev.behalf.testkit;

import org.testcontainers.DockerClientFactory;

/// Where PostgreSQL and Kafka come from in this run: containers or embedded servers.
final class Servers {

    private static final class Choice {
        static final boolean DOCKER = choose();
    }

    private Servers() {}

    static boolean inDocker() {
        return Choice.DOCKER;
    }

    private static boolean choose() {
        // That no engine answers is an answer, not an error.
        ((ch.qos.logback.classic.Logger) org.slf4j.LoggerFactory.getLogger("org.testcontainers"))
                .setLevel(ch.qos.logback.classic.Level.OFF);
        boolean docker = switch (System.getProperty("behalf.testkit", "auto")) {
            case "docker" -> true;
            case "embedded" -> false;
            default -> DockerClientFactory.instance().isDockerAvailable();
        };
        System.out.println("testkit: PostgreSQL and Kafka " + (docker ? "in containers" : "embedded"));
        return docker;
    }
}
