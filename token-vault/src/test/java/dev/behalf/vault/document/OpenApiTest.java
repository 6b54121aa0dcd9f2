package dev.behalf.vault.document;

import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.testkit.ApiDocument;
import dev.behalf.vault.RunningVault;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// The document that the vault serves, held against what it does.
class OpenApiTest {

    private static RunningVault vault;

    @BeforeAll
    static void start() {
        vault = RunningVault.start();
    }

    @AfterAll
    static void stop() {
        vault.close();
    }

    @Test
    void whatIsServedIsDocumentedAndWhatIsDocumentedIsServed() {
        var document = ApiDocument.of(vault.get("/openapi.yaml", null).body());

        assertThat(document.operations()).isEqualTo(ApiDocument.routes(vault.context()));
    }
}
