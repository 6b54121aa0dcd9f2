package dev.behalf.vault.connection;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// `getTokenStatus`, `formatDuration` and `formatExpirationStatus` of the agent runtimes' identity module.
class TokenStatusTest {

    private static final Instant NOW = Instant.parse("2026-11-28T12:00:00Z");

    @ParameterizedTest
    @CsvSource({
        "-1, expired",
        "0, expired",
        "1, expiring_soon",
        "299999, expiring_soon",
        "300000, valid",
        "300001, valid"
    })
    void fiveMinutesBeforeItsEndATokenExpiresSoon(long millisecondsLeft, String word) {
        assertThat(TokenStatus.of(NOW.plusMillis(millisecondsLeft), NOW).word()).isEqualTo(word);
    }

    @Test
    void aTokenWithoutAnEndIsValid() {
        assertThat(TokenStatus.of(null, NOW)).isEqualTo(TokenStatus.VALID);
        assertThat(TokenStatus.text(null, NOW)).isEqualTo("Token does not expire");
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0 seconds",
        "999, 0 seconds",
        "1000, 1 second",
        "59999, 59 seconds",
        "60000, 1 minute",
        "3599999, 59 minutes",
        "3600000, 1 hour",
        "86399999, 23 hours",
        "86400000, 1 day",
        "172800000, 2 days"
    })
    void aDurationIsToldInTheLargestUnitThatFits(long milliseconds, String text) {
        assertThat(TokenStatus.text(Duration.ofMillis(milliseconds))).isEqualTo(text);
    }

    @Test
    void theEndIsToldBeforeAndAfterIt() {
        assertThat(TokenStatus.text(NOW.plusSeconds(300), NOW)).isEqualTo("Expires in 5 minutes");
        assertThat(TokenStatus.text(NOW.minusSeconds(3600), NOW)).isEqualTo("Expired 1 hour ago");
        assertThat(TokenStatus.text(NOW, NOW)).isEqualTo("Expired 0 seconds ago");
    }
}
