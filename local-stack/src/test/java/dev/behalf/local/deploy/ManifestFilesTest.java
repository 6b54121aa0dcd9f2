package dev.behalf.local.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Namespace;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The manifests as they are written.
class ManifestFilesTest extends ManifestsContract {

    private static final Path BASE = Checkout.path("k8s/base");
    private static final Path DEV = Checkout.path("k8s/overlays/dev");
    private static final Manifests FILES = Manifests.files(BASE, DEV);

    @Override
    Manifests manifests() {
        return FILES;
    }

    @ParameterizedTest
    @ValueSource(strings = {"k8s/base", "k8s/overlays/dev"})
    void everyFileOfAFolderIsPartOfIt(String folder) {
        var kustomization = Manifests.kustomization(Checkout.path(folder));
        var named = new java.util.ArrayList<>(Checkout.wordsAt(kustomization, "resources"));
        Checkout.listAt(kustomization, "configMapGenerator")
                .forEach(generator -> named.addAll(Checkout.wordsAt(Checkout.map(generator), "files")));

        assertThat(named)
                .allSatisfy(
                        name -> assertThat(Checkout.path(folder).resolve(name)).exists());
        assertThat(Checkout.files(Checkout.path(folder), ".yaml"))
                .extracting(file -> file.getFileName().toString())
                .filteredOn(name -> !name.equals("kustomization.yaml"))
                .allSatisfy(name -> assertThat(named).contains(name));
        assertThat(kustomization.get("namespace")).isEqualTo("behalf");
    }

    @Test
    void theNamespaceAdmitsRestrictedPodsOnly() {
        assertThat(FILES.named(Namespace.class, "behalf").getMetadata().getLabels())
                .containsEntry("pod-security.kubernetes.io/enforce", "restricted");
    }

    @Test
    void theBaseHoldsNoSecret() {
        assertThat(Manifests.files(BASE).of(io.fabric8.kubernetes.api.model.Secret.class))
                .isEmpty();
    }

    @Test
    void theSecretsOfTheOverlayAreWhatTheScriptMakes() {
        var made = MakeSecretsTest.names();
        for (var generator : Checkout.listAt(Manifests.kustomization(DEV), "secretGenerator")) {
            assertThat(Checkout.wordsAt(Checkout.map(generator), "files"))
                    .allSatisfy(file -> assertThat(made).contains(file.substring(file.lastIndexOf('/') + 1)));
        }
    }

    @Test
    void bothWaysOfDeployingMakeTheSameRolesOfTheSameImages() {
        assertThat(DEV.resolve("roles.sh")).hasSameTextualContentAs(Checkout.path("deploy/postgres/roles.sh"));
        for (var image : new String[] {"postgres", "kafka"}) {
            assertThat(FILES.workload(image).containers().getFirst().getImage())
                    .isEqualTo(ComposeFileTest.service(image).get("image"));
        }
    }

    @Test
    void theScriptThatMakesTheRolesIsRunNotReadIntoAnother() {
        var roles = FILES.workload("postgres").template().getSpec().getVolumes().stream()
                .filter(volume -> volume.getName().equals("roles"))
                .findFirst()
                .orElseThrow();

        assertThat(roles.getConfigMap().getDefaultMode() & 0111).isEqualTo(0111);
        assertThat(Checkout.path("deploy/postgres/roles.sh")).isExecutable();
    }

    @Test
    void theRoutesThatComeAlongOpenNothing() {
        assertThat(FILES.named(ConfigMap.class, "api-gateway-routes").getData().get("routes.yaml"))
                .endsWith("routes: []\n");
    }

    @Test
    void aMisspeltFieldWouldBeSeen() {
        var wrong = Manifests.parse("""
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: x}
                spec:
                  template:
                    spec:
                      containers:
                        - {name: x, imagePullPolice: Always}
                """);
        assertThatThrownBy(() -> ManifestsContract.readStrictly(wrong))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("imagePullPolice");
    }
}
