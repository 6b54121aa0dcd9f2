package dev.behalf.local.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.kernel.service.HealthCheck;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// The one Dockerfile of the services.
class DockerfileTest {

    private static final String TEXT = Checkout.text(Checkout.path("Dockerfile"));

    @Test
    void itKnowsEachServiceByItsMainClassAndItsManagementPort() {
        for (var suite : Suite.SERVICES) {
            var line = Pattern.compile(
                            "^ +" + suite.name() + "\\) +main=(\\S+); +management=([0-9]+) ;;", Pattern.MULTILINE)
                    .matcher(TEXT);
            assertThat(line.find()).as(suite.name()).isTrue();
            assertThat(line.group(1)).isEqualTo(suite.main().getName());
            assertThat(Integer.parseInt(line.group(2))).isEqualTo(suite.managementPort());
        }
    }

    @Test
    void theImageRunsAsANumberThatIsNotRoot() {
        assertThat(TEXT).containsPattern("(?m)^USER 10001:10001$").doesNotContainPattern("(?m)^USER (root|0)");
    }

    @Test
    void theImageTellsItsHealthWithoutAShell() {
        assertThat(TEXT)
                .containsPattern("(?m)^HEALTHCHECK .*\\\\\n +CMD \\[\"java\", ")
                .contains(HealthCheck.class.getName())
                .contains("/health/readiness");
    }

    @Test
    void theServiceStartsFromWhatTheBuildStoredOfAStartWithoutANetwork() {
        assertThat(TEXT)
                .containsPattern("(?m)^RUN --network=none ")
                .contains("-XX:AOTCacheOutput=/app/start.aot ")
                .containsPattern("(?m)^ENTRYPOINT \\[\"java\", \"-XX:AOTCache=/app/start\\.aot\", ");
    }

    @Test
    void theBaseIsPinnedAndNothingIsFetchedWhileBuilding() {
        assertThat(TEXT).containsPattern("(?m)^ARG BASE=eclipse-temurin:25-jre(@sha256:[0-9a-f]{64})?$");
        assertThat(TEXT.lines().filter(line -> line.startsWith("FROM ")))
                .allSatisfy(line -> assertThat(line).startsWith("FROM ${BASE}"));
        assertThat(TEXT).doesNotContain("apt-get", "curl ", "wget ", "ADD http");
    }

    @Test
    void onlyTheJarsOfTheServicesGoIntoTheBuild() {
        var lines = Checkout.text(Checkout.path(".dockerignore"))
                .lines()
                .filter(line -> !line.startsWith("#"))
                .toList();
        assertThat(lines).first().isEqualTo("**");
        assertThat(lines.subList(1, lines.size()))
                .allSatisfy(
                        line -> assertThat(line)
                                .matches(
                                        "!(authz-server|idp-registry|jwt-validator|token-vault|api-gateway)/target/(lib/\\*|[a-z-]+-\\*)\\.jar"));
    }
}
