package dev.behalf.authz.key;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.behalf.authz.RunningAuthzServer;
import dev.behalf.kernel.service.Service;
import dev.behalf.testkit.TestPostgres;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KeySettingsTest {

    private static final String KEY = "a-key-encryption-key-of-this-test-0123456789";

    @ParameterizedTest
    @CsvSource({"PT2M, PT1M, PT1H", "P30D, PT10M, P1D", "P366D, P1D, P366D"})
    void timesWithinTheirBoundsAreTaken(Duration rotateEvery, Duration publishBefore, Duration keepFor) {
        assertThat(new KeySettings(KEY, rotateEvery, publishBefore, keepFor).toString())
                .doesNotContain(KEY);
    }

    @ParameterizedTest
    @CsvSource({
        "P30D, PT0S, P1D, publish-before",
        "P30D, PT-10M, P1D, publish-before",
        "P30D, PT59.999S, P1D, publish-before",
        "P30D, P1DT1S, P1D, publish-before",
        "PT10M, PT10M, P1D, rotate-every",
        "PT1M, PT10M, P1D, rotate-every",
        "PT0S, PT10M, P1D, rotate-every",
        "P367D, PT10M, P1D, rotate-every",
        "PT2562047788015215H, PT10M, P1D, rotate-every",
        "P30D, PT10M, PT0S, keep-for",
        "P30D, PT10M, PT-1H, keep-for",
        "P30D, PT10M, PT59M, keep-for",
        "P30D, PT10M, P367D, keep-for"
    })
    void aTimeBeyondItsBoundsIsRefusedByName(
            Duration rotateEvery, Duration publishBefore, Duration keepFor, String name) {
        assertThatThrownBy(() -> new KeySettings(KEY, rotateEvery, publishBefore, keepFor))
                .hasMessageStartingWith("behalf.authz.keys." + name + " must be from ");
    }

    @Test
    void soManyKeysAtOnceThatVerifiersWouldNotReadThemAreRefused() {
        assertThatThrownBy(() -> new KeySettings(KEY, Duration.ofMinutes(2), Duration.ofMinutes(1), Duration.ofDays(1)))
                .hasMessage("behalf.authz.keys.rotate-every is too short for keep-for:"
                        + " there would be more than 33 keys of each algorithm at once");
    }

    @Test
    void aShortEncryptionKeyIsRefusedAndNotPrinted() {
        assertThatThrownBy(() ->
                        new KeySettings("too-short", Duration.ofDays(30), Duration.ofMinutes(10), Duration.ofDays(1)))
                .hasMessage("behalf.authz.keys.encryption-key must have at least 32 characters");
    }

    @Test
    void theServerDoesNotStartWithThemAndSaysSoInOneLine() {
        var database = TestPostgres.shared().newDatabase();

        assertThatThrownBy(() -> RunningAuthzServer.start(database, Map.of("behalf.authz.keys.publish-before", "0s")))
                .satisfies(failure -> assertThat(Service.reason(failure))
                        .isEqualTo("behalf.authz.keys.publish-before must be from PT1M to PT24H, but is PT0S"));
    }
}
