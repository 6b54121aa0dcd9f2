package dev.behalf.local.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPeer;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPort;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import java.lang.reflect.Modifier;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What holds of the manifests, as they are written and as they are rendered.
abstract class ManifestsContract {

    /// A name with a version, or with the digest of its content; `latest` and no tag at all are neither.
    static final Pattern PINNED = Pattern.compile(
            "[a-z0-9.-]+(/[a-z0-9.-]+)*(:[0-9][A-Za-z0-9._-]*(@sha256:[0-9a-f]{64})?|@sha256:[0-9a-f]{64})");

    private static final Set<String> API_VERSIONS = Set.of("v1", "apps/v1", "networking.k8s.io/v1", "policy/v1");
    private static final Pattern ADDRESS = Pattern.compile("(?:http://)?([a-z][a-z0-9-]*):([0-9]+)");
    private static final long MIB = 1L << 20;

    /// The base and the dev overlay.
    abstract Manifests manifests();

    @Test
    void noFieldIsUnknown() {
        assertThat(manifests().all()).hasSizeGreaterThan(30);
        readStrictly(manifests());
    }

    static void readStrictly(Manifests manifests) {
        assertThat(manifests.all()).isNotEmpty().allSatisfy(resource -> {
            assertThat(resource.getApiVersion()).isIn(API_VERSIONS);
            refuseUnknownFields(
                    resource.getKind() + " " + resource.getMetadata().getName(), resource);
        });
    }

    @Test
    void everyServiceIsThereWithAllThatBelongsToIt() {
        for (var suite : Suite.SERVICES) {
            var workload = manifests().workload(suite.name());
            assertThat(workload.port("http")).as(suite.name()).contains(suite.port());
            assertThat(workload.port("management")).as(suite.name()).contains(suite.managementPort());
            assertThat(manifests().of(Service.class))
                    .anySatisfy(service ->
                            assertThat(service.getMetadata().getName()).isEqualTo(suite.name()));
            assertThat(manifests().of(PodDisruptionBudget.class))
                    .as("disruption budget of %s", suite.name())
                    .anySatisfy(budget -> assertThat(
                                    manifests().selected(budget.getSpec().getSelector()))
                            .extracting(Manifests.Workload::name)
                            .containsExactly(suite.name()));
        }
    }

    @Test
    void everyPodIsRestricted() {
        assertThat(manifests().workloads()).hasSize(7).allSatisfy(workload -> {
            var pod = workload.template().getSpec();
            assertThat(pod.getAutomountServiceAccountToken()).isFalse();
            assertThat(pod.getEnableServiceLinks()).isFalse();
            assertThat(pod.getHostNetwork()).isNull();
            assertThat(pod.getHostPID()).isNull();
            assertThat(pod.getHostIPC()).isNull();
            assertThat(pod.getVolumes())
                    .allSatisfy(volume -> assertThat(volume.getHostPath()).isNull());
            assertThat(pod.getSecurityContext().getRunAsNonRoot()).isTrue();
            assertThat(pod.getSecurityContext().getRunAsUser()).isPositive();
            assertThat(pod.getSecurityContext().getSeccompProfile().getType()).isEqualTo("RuntimeDefault");
            assertThat(workload.containers()).isNotEmpty().allSatisfy(container -> {
                var security = container.getSecurityContext();
                assertThat(security.getReadOnlyRootFilesystem()).isTrue();
                assertThat(security.getAllowPrivilegeEscalation()).isFalse();
                assertThat(security.getPrivileged()).isNull();
                assertThat(security.getCapabilities().getDrop()).containsExactly("ALL");
                assertThat(security.getCapabilities().getAdd()).isEmpty();
            });
            assertThat(pod.getInitContainers()).isEmpty();
        });
    }

    @Test
    void everyServiceHasAnAccountOfItsOwnThatMayDoNothing() {
        for (var suite : Suite.SERVICES) {
            var account = manifests().named(ServiceAccount.class, suite.name());
            assertThat(account.getAutomountServiceAccountToken()).isFalse();
            assertThat(manifests().workload(suite.name()).template().getSpec().getServiceAccountName())
                    .isEqualTo(suite.name());
        }
    }

    @Test
    void everyContainerIsProbedAndLimited() {
        for (var workload : manifests().workloads()) {
            for (var container : workload.containers()) {
                var resources = container.getResources();
                assertThat(resources.getRequests()).as(workload.name()).containsKeys("cpu", "memory");
                var memory = bytes(resources.getLimits().get("memory"));
                assertThat(bytes(resources.getRequests().get("memory"))).isEqualTo(memory);
                if (!Suite.has(workload.name())) {
                    assertThat(container.getStartupProbe()).isNotNull();
                    assertThat(container.getLivenessProbe()).isNotNull();
                    assertThat(container.getReadinessProbe()).isNotNull();
                    continue;
                }
                assertThat(memory).as(workload.name()).isLessThanOrEqualTo(256 * MIB);
                // Liveness must not depend on anything else: a restart mends no database.
                asksManagement(container.getStartupProbe(), "/health/liveness");
                asksManagement(container.getLivenessProbe(), "/health/liveness");
                asksManagement(container.getReadinessProbe(), "/health/readiness");
            }
        }
    }

    @Test
    void aPodThatGoesLeavesTimeToFinishWhatIsInFlight() {
        for (var suite : Suite.SERVICES) {
            var workload = manifests().workload(suite.name());
            long pause = workload.containers()
                    .getFirst()
                    .getLifecycle()
                    .getPreStop()
                    .getSleep()
                    .getSeconds();
            assertThat(workload.template().getSpec().getTerminationGracePeriodSeconds())
                    .isGreaterThan(pause + 8);
        }
    }

    @Test
    void everyImageIsPinned() {
        assertThat(manifests().workloads())
                .flatExtracting(Manifests.Workload::containers)
                .allSatisfy(container -> assertThat(container.getImage()).matches(PINNED));
    }

    @Test
    void everyVariableIsASettingAndNoneIsMissing() {
        for (var suite : Suite.SERVICES) {
            var environment = manifests()
                    .environment(manifests().workload(suite.name()).containers().getFirst());
            assertThat(environment.keySet()).as(suite.name()).allMatch(suite::knows);
            assertThat(environment.keySet().stream().map(name -> name.replaceFirst("_FILE$", "")))
                    .as(suite.name())
                    .containsAll(suite.required());
        }
    }

    @Test
    void secretsAreFilesOfASecretThatHasThem() {
        for (var suite : Suite.SERVICES) {
            var workload = manifests().workload(suite.name());
            var container = workload.containers().getFirst();
            assertThat(container.getEnv())
                    .filteredOn(variable -> variable.getName().matches(".*(SECRET|PASSWORD|KEY|TOKEN)"))
                    .as("secrets in the environment of %s", suite.name())
                    .isEmpty();
            manifests().environment(container).forEach((name, file) -> {
                if (!name.endsWith("_FILE")) {
                    return;
                }
                var mount = container.getVolumeMounts().stream()
                        .filter(at -> file.startsWith(at.getMountPath() + "/"))
                        .findFirst()
                        .orElseThrow(() -> new AssertionError("nothing is mounted at " + file));
                var volume = workload.template().getSpec().getVolumes().stream()
                        .filter(at -> at.getName().equals(mount.getName()))
                        .findFirst()
                        .orElseThrow();
                assertThat(mount.getReadOnly()).isTrue();
                assertThat(manifests()
                                .named(Secret.class, volume.getSecret().getSecretName())
                                .getData())
                        .containsKey(file.substring(mount.getMountPath().length() + 1));
            });
        }
    }

    @Test
    void everyVolumeThatIsMountedExists() {
        for (var workload : manifests().workloads()) {
            var volumes = workload.template().getSpec().getVolumes();
            for (var volume : volumes) {
                if (volume.getConfigMap() != null) {
                    assertThat(manifests()
                                    .named(
                                            ConfigMap.class,
                                            volume.getConfigMap().getName())
                                    .getData())
                            .isNotEmpty();
                }
            }
            var claims = manifests().of(io.fabric8.kubernetes.api.model.apps.StatefulSet.class).stream()
                    .filter(set -> set.getMetadata().getName().equals(workload.name()))
                    .flatMap(set -> set.getSpec().getVolumeClaimTemplates().stream())
                    .map(claim -> claim.getMetadata().getName());
            var names = java.util.stream.Stream.concat(
                            volumes.stream().map(io.fabric8.kubernetes.api.model.Volume::getName), claims)
                    .toList();
            assertThat(workload.containers())
                    .flatExtracting(io.fabric8.kubernetes.api.model.Container::getVolumeMounts)
                    .allSatisfy(mount -> assertThat(names).contains(mount.getName()));
        }
    }

    @Test
    void theGatewayFindsItsRoutes() {
        var workload = manifests().workload("api-gateway");
        var container = workload.containers().getFirst();
        var file = manifests().environment(container).get("BEHALF_GATEWAY_ROUTES");
        var mount = container.getVolumeMounts().stream()
                .filter(at -> at.getName().equals("routes"))
                .findFirst()
                .orElseThrow();
        // Not one file alone (subPath): such a mount never changes.
        assertThat(mount.getSubPath()).isNull();
        assertThat(file).isEqualTo(mount.getMountPath() + "/routes.yaml");
        assertThat(manifests().named(ConfigMap.class, "api-gateway-routes").getData())
                .containsKey("routes.yaml");
    }

    @Test
    void everySelectorSelectsAndEveryPortIsAPortOfAContainer() {
        for (var workload : manifests().workloads()) {
            assertThat(Manifests.matches(workload.selector(), workload.labels()))
                    .as(workload.name())
                    .isTrue();
        }
        for (var service : manifests().of(Service.class)) {
            var pods = manifests().selected(service.getSpec().getSelector());
            assertThat(pods).as(service.getMetadata().getName()).hasSize(1);
            assertThat(service.getSpec().getType()).as("reached from outside").isNull();
            service.getSpec()
                    .getPorts()
                    .forEach(port -> assertThat(
                                    pods.getFirst().port(port.getTargetPort().getValue()))
                            .isPresent());
        }
        for (var policy : manifests().of(NetworkPolicy.class)) {
            var name = policy.getMetadata().getName();
            var pods = manifests().selected(policy.getSpec().getPodSelector());
            assertThat(pods).as(name).isNotEmpty();
            policy.getSpec()
                    .getIngress()
                    .forEach(rule -> rule.getPorts()
                            .forEach(port -> assertThat(pods)
                                    .as(name)
                                    .allSatisfy(pod -> assertThat(
                                                    pod.port(port.getPort().getValue()))
                                            .isPresent())));
            policy.getSpec()
                    .getEgress()
                    .forEach(rule -> rule.getTo()
                            .forEach(peer -> rule.getPorts().forEach(port -> {
                                if (isHere(peer)) {
                                    assertThat(manifests().selected(peer.getPodSelector()))
                                            .as(name)
                                            .isNotEmpty()
                                            .allSatisfy(pod -> assertThat(pod.port(
                                                            port.getPort().getValue()))
                                                    .isPresent());
                                }
                            })));
        }
    }

    @Test
    void nothingIsReachedUnlessAPolicySaysSo() {
        assertThat(manifests().named(NetworkPolicy.class, "default-deny").getSpec())
                .satisfies(spec -> {
                    assertThat(spec.getPodSelector().getMatchLabels()).isNullOrEmpty();
                    assertThat(spec.getPodSelector().getMatchExpressions()).isEmpty();
                    assertThat(spec.getPolicyTypes()).containsExactlyInAnyOrder("Ingress", "Egress");
                    assertThat(spec.getIngress()).isEmpty();
                    assertThat(spec.getEgress()).isEmpty();
                });
        // Only the gateway's public port is open to everybody.
        for (var policy : manifests().of(NetworkPolicy.class)) {
            for (var rule : policy.getSpec().getIngress()) {
                if (rule.getFrom().isEmpty()) {
                    assertThat(policy.getMetadata().getName()).isEqualTo("api-gateway");
                    assertThat(rule.getPorts())
                            .extracting(port -> port.getPort().getValue())
                            .containsExactly("http");
                }
            }
        }
        assertThat(mayCall("api-gateway", "postgres", 5432)).isFalse();
        assertThat(mayCall("jwt-validator", "postgres", 5432)).isFalse();
        assertThat(mayCall("jwt-validator", "api-gateway", 9100)).isFalse();
        assertThat(mayCall("authz-server", "jwt-validator", 8103)).isFalse();
        assertThat(mayCall("postgres", "authz-server", 8101)).isFalse();
        assertThat(mayCall("jwt-validator", "token-vault", 8104)).isFalse();
        assertThat(mayCall("token-vault", "idp-registry", 8102)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"authz-server", "jwt-validator", "token-vault"})
    void theWayOutLeadsToNoPrivateAddress(String service) {
        var outside = manifests().named(NetworkPolicy.class, service).getSpec().getEgress().stream()
                .filter(rule -> rule.getTo().stream().anyMatch(peer -> peer.getIpBlock() != null))
                .toList();
        assertThat(outside).singleElement().satisfies(rule -> {
            assertThat(rule.getPorts())
                    .singleElement()
                    .satisfies(port -> assertThat(port.getPort().getValue()).isEqualTo(443));
            assertThat(rule.getTo().getFirst().getIpBlock().getExcept())
                    .contains("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "127.0.0.0/8");
        });
    }

    @Test
    void whatAServiceIsToldToCallItMayCall() {
        int calls = 0;
        for (var suite : Suite.SERVICES) {
            var environment = manifests()
                    .environment(manifests().workload(suite.name()).containers().getFirst());
            for (var variable : environment.entrySet()) {
                var address = ADDRESS.matcher(
                        variable.getKey().equals("BEHALF_DATABASE_HOST")
                                ? variable.getValue() + ":5432"
                                : variable.getValue());
                if (!address.matches()
                        || address.group(1).equals("localhost")
                        || address.group(1).equals(suite.name())) {
                    continue;
                }
                int port = Integer.parseInt(address.group(2));
                assertThat(manifests()
                                .named(Service.class, address.group(1))
                                .getSpec()
                                .getPorts())
                        .as("service port of %s", variable)
                        .extracting(io.fabric8.kubernetes.api.model.ServicePort::getPort)
                        .contains(port);
                assertThat(mayCall(suite.name(), address.group(1), port))
                        .as("%s: %s", suite.name(), variable)
                        .isTrue();
                calls++;
            }
        }
        assertThat(calls).isEqualTo(18);
        assertThat(mayCall("kafka", "kafka", 9092)).isTrue();
    }

    /// Whether the policies of both ends let a connection through.
    private boolean mayCall(String from, String to, int port) {
        var caller = manifests().workload(from);
        var called = manifests().workload(to);
        boolean out = policiesOf(caller, "Egress")
                .flatMap(policy -> policy.getSpec().getEgress().stream())
                .anyMatch(rule -> (rule.getTo().isEmpty() || meets(rule.getTo(), called))
                        && hasPort(rule.getPorts(), called, port));
        boolean in = policiesOf(called, "Ingress")
                .flatMap(policy -> policy.getSpec().getIngress().stream())
                .anyMatch(rule -> (rule.getFrom().isEmpty() || meets(rule.getFrom(), caller))
                        && hasPort(rule.getPorts(), called, port));
        return out && in;
    }

    private java.util.stream.Stream<NetworkPolicy> policiesOf(Manifests.Workload workload, String type) {
        return manifests().of(NetworkPolicy.class).stream()
                .filter(policy -> policy.getSpec().getPolicyTypes().contains(type))
                .filter(policy -> Manifests.matches(policy.getSpec().getPodSelector(), workload.labels()));
    }

    private static boolean meets(List<NetworkPolicyPeer> peers, Manifests.Workload workload) {
        return peers.stream()
                .anyMatch(peer -> isHere(peer) && Manifests.matches(peer.getPodSelector(), workload.labels()));
    }

    /// Whether the peer is a pod of the suite's own namespace.
    private static boolean isHere(NetworkPolicyPeer peer) {
        return peer.getNamespaceSelector() == null && peer.getIpBlock() == null;
    }

    private static boolean hasPort(List<NetworkPolicyPort> ports, Manifests.Workload workload, int number) {
        return ports.stream()
                .anyMatch(port -> workload.port(port.getPort().getValue())
                        .filter(found -> found == number)
                        .isPresent());
    }

    private static void asksManagement(Probe probe, String path) {
        assertThat(probe.getHttpGet().getPort().getValue()).isEqualTo("management");
        assertThat(probe.getHttpGet().getPath()).isEqualTo(path);
    }

    private static long bytes(@Nullable Quantity quantity) {
        assertThat(quantity).isNotNull();
        return java.util.Objects.requireNonNull(quantity).getNumericalAmount().longValueExact();
    }

    /// The model keeps a field that it does not know as an additional property.
    private static void refuseUnknownFields(String where, @Nullable Object value) {
        switch (value) {
            case null -> {}
            case Collection<?> items -> items.forEach(item -> refuseUnknownFields(where, item));
            case Map<?, ?> entries -> entries.forEach((key, item) -> refuseUnknownFields(where + "." + key, item));
            case Object bean
            when bean.getClass().getName().startsWith("io.fabric8.kubernetes.api.model") -> {
                for (var method : bean.getClass().getMethods()) {
                    if (!method.getName().startsWith("get")
                            || method.getParameterCount() > 0
                            || Modifier.isStatic(method.getModifiers())) {
                        continue;
                    }
                    try {
                        var member = method.invoke(bean);
                        if (method.getName().equals("getAdditionalProperties")) {
                            assertThat((Map<?, ?>) member)
                                    .as("unknown fields of %s", where)
                                    .isNullOrEmpty();
                        } else {
                            refuseUnknownFields(where + "." + method.getName().substring(3), member);
                        }
                    } catch (ReflectiveOperationException e) {
                        throw new LinkageError(where, e);
                    }
                }
            }
            default -> {}
        }
    }
}
