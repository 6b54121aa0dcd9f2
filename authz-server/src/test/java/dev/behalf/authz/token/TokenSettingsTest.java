package dev.behalf.authz.token;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TokenSettingsTest {

    @ParameterizedTest
    @CsvSource({"PT5S, PT1S", "PT10M, PT60S", "PT1H, PT30S"})
    void lifetimesWithinTheirBoundsAreTaken(Duration ttl, Duration exchangeTtl) {
        assertThat(new TokenSettings(ttl, exchangeTtl).exchangeTtl()).isEqualTo(exchangeTtl);
    }

    @ParameterizedTest
    @CsvSource({
        "PT4.999S, PT60S, ttl",
        "PT1H0.001S, PT60S, ttl",
        "PT0S, PT60S, ttl",
        "PT-1S, PT60S, ttl",
        "PT10M, PT0S, exchange-ttl",
        "PT10M, PT0.999S, exchange-ttl",
        "PT10M, PT-1S, exchange-ttl",
        "PT10M, PT60.001S, exchange-ttl",
        "PT10M, P1D, exchange-ttl"
    })
    void aLifetimeBeyondItsBoundsIsRefusedByName(Duration ttl, Duration exchangeTtl, String name) {
        assertThatThrownBy(() -> new TokenSettings(ttl, exchangeTtl))
                .hasMessageStartingWith("behalf.authz.token." + name + " must be from ");
    }
}
