package dev.behalf.local.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.Yaml;

/// Kubernetes resources, read strictly.
record Manifests(List<HasMetadata> all) {

    /// Something that makes pods.
    record Workload(String name, LabelSelector selector, PodTemplateSpec template) {

        List<Container> containers() {
            return template.getSpec().getContainers();
        }

        Map<String, String> labels() {
            return template.getMetadata().getLabels();
        }

        /// The number of the port of that name or number, if a container has it.
        Optional<Integer> port(Object nameOrNumber) {
            return containers().stream()
                    .flatMap(container -> container.getPorts().stream())
                    .filter(port -> nameOrNumber.equals(port.getName()) || nameOrNumber.equals(port.getContainerPort()))
                    .map(io.fabric8.kubernetes.api.model.ContainerPort::getContainerPort)
                    .findFirst();
        }
    }

    /// The resources of YAML documents.
    static Manifests parse(String yaml) {
        var serialization = new KubernetesSerialization();
        var all = new ArrayList<HasMetadata>();
        for (var document : Checkout.documents(yaml)) {
            Object resource = serialization.unmarshal(new Yaml().dump(document));
            assertThat(resource)
                    .as("%s %s", document.get("apiVersion"), document.get("kind"))
                    .isInstanceOf(HasMetadata.class);
            all.add((HasMetadata) resource);
        }
        return new Manifests(List.copyOf(all));
    }

    /// The resources that the kustomizations name, and what they generate; no tool is needed for it.
    static Manifests files(Path... kustomizations) {
        var all = new ArrayList<HasMetadata>();
        for (var folder : kustomizations) {
            var kustomization = kustomization(folder);
            for (var name : Checkout.wordsAt(kustomization, "resources")) {
                if (name.endsWith(".yaml")) {
                    all.addAll(parse(Checkout.text(folder.resolve(name))).all);
                }
            }
            for (var generator : Checkout.listAt(kustomization, "configMapGenerator")) {
                all.add(configMap(folder, Checkout.map(generator)));
            }
            for (var generator : Checkout.listAt(kustomization, "secretGenerator")) {
                all.add(secret(Checkout.map(generator)));
            }
        }
        return new Manifests(List.copyOf(all));
    }

    static Map<?, ?> kustomization(Path folder) {
        return Checkout.documents(Checkout.text(folder.resolve("kustomization.yaml")))
                .getFirst();
    }

    <T extends HasMetadata> List<T> of(Class<T> type) {
        return all.stream().filter(type::isInstance).map(type::cast).toList();
    }

    <T extends HasMetadata> T named(Class<T> type, String name) {
        return of(type).stream()
                .filter(resource -> resource.getMetadata().getName().equals(name))
                .findFirst()
                .orElseThrow(() -> new AssertionError("there is no " + type.getSimpleName() + " " + name));
    }

    List<Workload> workloads() {
        var workloads = new ArrayList<Workload>();
        of(Deployment.class)
                .forEach(made -> workloads.add(new Workload(
                        made.getMetadata().getName(),
                        made.getSpec().getSelector(),
                        made.getSpec().getTemplate())));
        of(StatefulSet.class)
                .forEach(made -> workloads.add(new Workload(
                        made.getMetadata().getName(),
                        made.getSpec().getSelector(),
                        made.getSpec().getTemplate())));
        return workloads;
    }

    Workload workload(String name) {
        return workloads().stream()
                .filter(workload -> workload.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new AssertionError("there is no workload " + name));
    }

    List<Workload> selected(@Nullable LabelSelector selector) {
        return workloads().stream()
                .filter(workload -> matches(selector, workload.labels()))
                .toList();
    }

    List<Workload> selected(Map<String, String> labels) {
        return workloads().stream()
                .filter(workload -> workload.labels().entrySet().containsAll(labels.entrySet()))
                .toList();
    }

    static boolean matches(@Nullable LabelSelector selector, Map<String, String> labels) {
        if (selector == null) {
            return false;
        }
        if (selector.getMatchLabels() != null
                && !labels.entrySet().containsAll(selector.getMatchLabels().entrySet())) {
            return false;
        }
        return selector.getMatchExpressions().stream().allMatch(expression -> {
            assertThat(expression.getOperator()).isEqualTo("In");
            return expression.getValues().contains(labels.get(expression.getKey()));
        });
    }

    /// The value of each variable of a container; what a ConfigMap holds is looked up.
    Map<String, String> environment(Container container) {
        assertThat(container.getEnvFrom()).isEmpty();
        var environment = new HashMap<String, String>();
        for (var variable : container.getEnv()) {
            var value = variable.getValue();
            if (value == null) {
                var reference = variable.getValueFrom().getConfigMapKeyRef();
                value = named(ConfigMap.class, reference.getName()).getData().get(reference.getKey());
                assertThat(value)
                        .as("%s of ConfigMap %s", reference.getKey(), reference.getName())
                        .isNotNull();
            }
            environment.put(variable.getName(), Objects.requireNonNull(value));
        }
        return environment;
    }

    private static ConfigMap configMap(Path folder, Map<?, ?> generator) {
        var data = new HashMap<String, String>();
        for (var literal : Checkout.wordsAt(generator, "literals")) {
            int equals = literal.indexOf('=');
            data.put(literal.substring(0, equals), literal.substring(equals + 1));
        }
        for (var file : Checkout.wordsAt(generator, "files")) {
            data.put(file, Checkout.text(folder.resolve(file)));
        }
        return new ConfigMapBuilder()
                .withNewMetadata()
                .withName(String.valueOf(generator.get("name")))
                .endMetadata()
                .withData(data)
                .build();
    }

    /// The keys are what they will be; the values are made by a script, not read here.
    private static Secret secret(Map<?, ?> generator) {
        var data = new HashMap<String, String>();
        for (var file : Checkout.wordsAt(generator, "files")) {
            int equals = file.indexOf('=');
            data.put(equals < 0 ? file.substring(file.lastIndexOf('/') + 1) : file.substring(0, equals), "");
        }
        return new SecretBuilder()
                .withNewMetadata()
                .withName(String.valueOf(generator.get("name")))
                .endMetadata()
                .withData(data)
                .build();
    }
}
