package dev.behalf.local.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `deploy/make-secrets.sh`.
class MakeSecretsTest {

    private static final Path SCRIPT = Checkout.path("deploy/make-secrets.sh");

    /// What the script makes, read from its list.
    static Set<String> names() {
        var list =
                Pattern.compile("for name in \\\\\n(.*?); do", Pattern.DOTALL).matcher(Checkout.text(SCRIPT));
        assertThat(list.find()).isTrue();
        return Set.of(list.group(1).replace("\\\n", " ").strip().split("\\s+"));
    }

    @Test
    void itMakesEverySecretAnewAndForItsOwnerAlone(@TempDir Path temporary) throws IOException {
        var folder = temporary.resolve("deep/secrets");
        assertThat(make(folder).status()).isZero();

        assertThat(Files.getPosixFilePermissions(folder)).isEqualTo(PosixFilePermissions.fromString("rwx------"));
        var secrets = Checkout.files(folder, "");
        assertThat(secrets.stream().map(file -> file.getFileName().toString()).collect(Collectors.toSet()))
                .isEqualTo(names());
        var values = new TreeSet<String>();
        for (var file : secrets) {
            assertThat(Files.getPosixFilePermissions(file)).isEqualTo(PosixFilePermissions.fromString("r--r--r--"));
            assertThat(Checkout.text(file)).matches("[0-9a-f]{64}");
            values.add(Checkout.text(file));
        }
        assertThat(values).as("no two are alike").hasSize(secrets.size());
    }

    @Test
    void itReplacesNothing(@TempDir Path temporary) {
        var folder = temporary.resolve("secrets");
        assertThat(make(folder).status()).isZero();
        var before = Checkout.text(folder.resolve("client-operator"));

        var again = make(folder);

        assertThat(again.status()).isEqualTo(1);
        assertThat(again.output()).contains("exists; nothing was changed");
        assertThat(Checkout.text(folder.resolve("client-operator"))).isEqualTo(before);
    }

    private static Checkout.Run make(Path folder) {
        return Checkout.run(Checkout.ROOT, SCRIPT.toString(), folder.toString());
    }
}
