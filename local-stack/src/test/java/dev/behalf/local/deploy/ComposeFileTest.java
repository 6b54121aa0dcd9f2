package dev.behalf.local.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// `docker-compose.yml`, read as Docker Compose reads it.
class ComposeFileTest {

    private static final Map<?, ?> FILE = Checkout.documents(Checkout.text(Checkout.path("docker-compose.yml")))
            .getFirst();
    private static final Pattern ADDRESS = Pattern.compile("(?:http://)?([a-z][a-z0-9-]*):[0-9]+");
    private static final String SECRETS = "/run/secrets/";

    static Map<?, ?> service(String name) {
        return Checkout.map(java.util.Objects.requireNonNull(
                Checkout.mapAt(FILE, "services").get(name)));
    }

    private static List<String> services() {
        return Checkout.mapAt(FILE, "services").keySet().stream()
                .map(String::valueOf)
                .toList();
    }

    @Test
    void everyContainerIsHardened() {
        assertThat(services()).hasSizeGreaterThanOrEqualTo(6).allSatisfy(name -> {
            var service = service(name);
            assertThat(service.get("read_only")).isEqualTo(true);
            assertThat(Checkout.wordsAt(service, "cap_drop")).containsExactly("ALL");
            assertThat(Checkout.listAt(service, "cap_add")).isEmpty();
            assertThat(service.get("privileged")).isNull();
            assertThat(Checkout.wordsAt(service, "security_opt")).containsExactly("no-new-privileges:true");
            assertThat(String.valueOf(service.get("user"))).matches("[1-9][0-9]*:[1-9][0-9]*|appuser");
            assertThat(service.get("mem_limit")).isNotNull();
            assertThat(service.get("pids_limit")).isNotNull();
            assertThat(service.get("network_mode")).isNull();
            assertThat(String.valueOf(service.get("volumes"))).doesNotContain("docker.sock");
        });
    }

    @Test
    void everyContainerTellsItsHealthAndIsWaitedFor() {
        assertThat(services()).allSatisfy(name -> {
            // The images that are built here have a health check of their own: see DockerfileTest.
            if (!Suite.has(name)) {
                assertThat(Checkout.wordsAt(Checkout.mapAt(service(name), "healthcheck"), "test"))
                        .first()
                        .isEqualTo("CMD");
            }
            Checkout.mapAt(service(name), "depends_on").forEach((other, how) -> {
                assertThat(services()).contains(String.valueOf(other));
                assertThat(Checkout.map(how).get("condition")).isEqualTo("service_healthy");
            });
        });
    }

    @Test
    void everyImageIsPinned() {
        assertThat(services()).allSatisfy(name -> {
            var image = String.valueOf(service(name).get("image")).replaceAll("\\$\\{[A-Z_]+:-([^}]*)}", "$1");
            assertThat(image).matches(ManifestsContract.PINNED);
        });
    }

    @Test
    void everyServiceIsBuiltFromTheOneDockerfileAndMayUse256MiB() {
        for (var suite : Suite.SERVICES) {
            var build = Checkout.mapAt(service(suite.name()), "build");
            assertThat(Checkout.mapAt(build, "args").get("SERVICE")).isEqualTo(suite.name());
            assertThat(build.get("dockerfile")).isNull();
            assertThat(service(suite.name()).get("mem_limit")).isEqualTo("256m");
        }
    }

    @Test
    void onlyThePublicPortIsPublished() {
        assertThat(services()).allSatisfy(name -> {
            var ports = Checkout.wordsAt(service(name), "ports");
            if (name.equals("api-gateway")) {
                // On this machine alone unless one says otherwise.
                assertThat(ports).containsExactly("${BEHALF_LISTEN:-127.0.0.1:8080}:8080");
            } else {
                assertThat(ports).isEmpty();
            }
        });
    }

    @Test
    void everyVariableIsASettingAndNoneIsMissing() {
        for (var suite : Suite.SERVICES) {
            var variables = Checkout.mapAt(service(suite.name()), "environment").keySet().stream()
                    .map(String::valueOf)
                    .toList();
            assertThat(variables).as(suite.name()).allMatch(suite::knows);
            assertThat(variables.stream().map(name -> name.replaceFirst("_FILE$", "")))
                    .as(suite.name())
                    .containsAll(suite.required());
        }
    }

    @Test
    void secretsAreFilesThatTheScriptMakesAndTheServiceIsGiven() {
        var made = MakeSecretsTest.names();
        var declared = Checkout.mapAt(FILE, "secrets");
        assertThat(declared.keySet().stream().map(String::valueOf)).containsExactlyInAnyOrderElementsOf(made);
        declared.forEach(
                (name, source) -> assertThat(Checkout.map(source).get("file")).isEqualTo("./deploy/secrets/" + name));
        assertThat(services()).allSatisfy(name -> {
            var given = Checkout.wordsAt(service(name), "secrets");
            assertThat(made).containsAll(given);
            var used = new ArrayList<String>();
            Checkout.mapAt(service(name), "environment").forEach((variable, value) -> {
                if (String.valueOf(variable).endsWith("_FILE")) {
                    assertThat(String.valueOf(value)).startsWith(SECRETS);
                    used.add(String.valueOf(value).substring(SECRETS.length()));
                } else {
                    assertThat(String.valueOf(variable))
                            .as("a secret in the environment of %s", name)
                            .doesNotMatch(".*(SECRET|PASSWORD|KEY|TOKEN)");
                }
            });
            if (Suite.has(name)) {
                assertThat(used).as("%s gets what it uses, no more", name).containsExactlyInAnyOrderElementsOf(given);
            }
        });
    }

    @Test
    void whatAServiceIsToldToCallIsOnANetworkOfIts() {
        int calls = 0;
        for (var suite : Suite.SERVICES) {
            for (var variable :
                    Checkout.mapAt(service(suite.name()), "environment").entrySet()) {
                var value = variable.getValue()
                        + (String.valueOf(variable.getKey()).equals("BEHALF_DATABASE_HOST") ? ":5432" : "");
                var address = ADDRESS.matcher(value);
                if (!address.matches() || address.group(1).equals(suite.name())) {
                    continue;
                }
                assertThat(Checkout.wordsAt(service(address.group(1)), "networks"))
                        .as("%s: %s", suite.name(), variable)
                        .containsAnyElementsOf(Checkout.wordsAt(service(suite.name()), "networks"));
                calls++;
            }
        }
        assertThat(calls).isEqualTo(18);
    }

    @Test
    void nobodyIsReachedFromANetworkThatNeedsNotReachThem() {
        var networks = Checkout.mapAt(FILE, "networks");
        for (var inner : List.of("services", "database", "events")) {
            assertThat(Checkout.mapAt(networks, inner).get("internal")).isEqualTo(true);
        }
        assertThat(members("database"))
                .containsExactlyInAnyOrder("authz-server", "idp-registry", "token-vault", "postgres");
        assertThat(members("events"))
                .containsExactlyInAnyOrder(
                        "authz-server", "idp-registry", "jwt-validator", "token-vault", "api-gateway", "kafka");
        assertThat(members("services"))
                .containsExactlyInAnyOrder(
                        "authz-server", "idp-registry", "jwt-validator", "token-vault", "api-gateway");
        assertThat(members("agents")).containsExactlyInAnyOrder("api-gateway", "demo-agent");
        assertThat(members("outbound"))
                .containsExactlyInAnyOrder("authz-server", "jwt-validator", "token-vault", "demo-idp");
    }

    @Test
    void theDemoStartsOnlyWhenAskedFor() {
        assertThat(services())
                .filteredOn(name -> name.startsWith("demo-"))
                .hasSize(2)
                .allSatisfy(name ->
                        assertThat(Checkout.wordsAt(service(name), "profiles")).containsExactly("demo"));
    }

    @Test
    void whatIsMountedFromTheCheckoutIsReadOnly() {
        assertThat(services()).allSatisfy(name -> {
            for (var volume : Checkout.listAt(service(name), "volumes")) {
                if (volume instanceof Map<?, ?> bind) {
                    assertThat(bind.get("read_only")).isEqualTo(true);
                    var source = String.valueOf(bind.get("source"));
                    // deploy/try.sh makes the demo's files.
                    if (!source.startsWith("./deploy/demo/")) {
                        assertThat(Checkout.path(source)).exists();
                    }
                } else {
                    var named = String.valueOf(volume);
                    assertThat(Checkout.mapAt(FILE, "volumes").containsKey(named.substring(0, named.indexOf(':'))))
                            .as(named)
                            .isTrue();
                }
            }
        });
    }

    @Test
    void whatCanBeSetFromOutsideIsInThePageWithItsDefault() {
        var page = Checkout.text(Checkout.path("docs/deploy-compose.md"));
        var variables = Pattern.compile("\\$\\{([A-Z_]+):-([^}]*)}")
                .matcher(Checkout.text(Checkout.path("docker-compose.yml")))
                .results()
                .toList();

        assertThat(variables)
                .isNotEmpty()
                .allSatisfy(variable -> assertThat(page)
                        .contains("| `%s` | %s |"
                                .formatted(
                                        variable.group(1),
                                        variable.group(2).isEmpty() ? "none" : "`" + variable.group(2) + "`")));
    }

    private static List<String> members(String network) {
        return services().stream()
                .filter(name -> Checkout.wordsAt(service(name), "networks").contains(network))
                .toList();
    }
}
