package dev.behalf.local.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Secret;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The dev overlay as kubectl renders it, with secrets made for it. Without kubectl, [ManifestFilesTest] checks
/// the same on the files.
class RenderedManifestsTest extends ManifestsContract {

    @TempDir
    static @Nullable Path folder;

    private static Manifests rendered = new Manifests(List.of());

    @BeforeAll
    static void render() {
        boolean kubectl = List.of(System.getenv("PATH").split(java.io.File.pathSeparator)).stream()
                .anyMatch(path -> Files.isExecutable(Path.of(path, "kubectl")));
        assumeTrue(kubectl, "kubectl is not installed");
        var copy = Objects.requireNonNull(folder).resolve("k8s");
        copy(Checkout.path("k8s"), copy);
        var dev = copy.resolve("overlays/dev");
        assertThat(Checkout.run(
                                Checkout.ROOT,
                                "deploy/make-secrets.sh",
                                dev.resolve("secrets").toString())
                        .status())
                .isZero();
        var run = Checkout.run(dev, "kubectl", "kustomize", ".");
        assertThat(run.status()).as(run.output()).isZero();
        rendered = Manifests.parse(run.output());
    }

    @Override
    Manifests manifests() {
        return rendered;
    }

    @Test
    void everythingIsInTheNamespaceOfTheSuite() {
        assertThat(rendered.all())
                .filteredOn(resource -> !(resource instanceof Namespace))
                .allSatisfy(resource ->
                        assertThat(resource.getMetadata().getNamespace()).isEqualTo("behalf"));
    }

    @Test
    void theTwoEndsOfASecretHoldTheSame() {
        var clients = rendered.of(Secret.class).stream()
                .filter(secret -> secret.getMetadata().getName().startsWith("authz-server-"))
                .findFirst()
                .orElseThrow()
                .getData();
        for (var name : List.of("idp-registry", "jwt-validator", "token-vault", "api-gateway")) {
            var own = rendered.of(Secret.class).stream()
                    .filter(secret -> secret.getMetadata().getName().startsWith(name + "-"))
                    .findFirst()
                    .orElseThrow()
                    .getData();
            assertThat(own.get("client")).as(name).isEqualTo(clients.get("client-" + name));
            assertThat(Base64.getMimeDecoder().decode(own.get("client"))).hasSize(64);
        }
    }

    /// What git does not hold stays behind: a developer's own secrets.
    private static void copy(Path from, Path to) {
        try (var files = Files.walk(from)) {
            for (var file :
                    files.filter(file -> !file.toString().contains("secrets")).toList()) {
                Files.copy(file, to.resolve(from.relativize(file).toString()));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
