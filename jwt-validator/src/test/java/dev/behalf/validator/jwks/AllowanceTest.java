package dev.behalf.validator.jwks;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class AllowanceTest {

    private static final Instant NOON = Instant.parse("2026-01-31T12:00:00Z");

    private final Allowance allowance = new Allowance(2, Duration.ofSeconds(10), NOON);

    @Test
    void aFewAreThereAtOnceAndOneMoreAfterEachInterval() {
        assertThat(allowance.take(NOON)).isTrue();
        assertThat(allowance.take(NOON)).isTrue();
        assertThat(allowance.take(NOON)).isFalse();
        assertThat(allowance.take(NOON.plusMillis(9_999))).isFalse();
        assertThat(allowance.take(NOON.plusMillis(10_000))).isTrue();
        assertThat(allowance.take(NOON.plusMillis(10_000))).isFalse();
    }

    @Test
    void aLongRestGivesNoMoreThanAtFirst() {
        var later = NOON.plus(Duration.ofDays(1));

        assertThat(allowance.take(later)).isTrue();
        assertThat(allowance.take(later)).isTrue();
        assertThat(allowance.take(later)).isFalse();
    }

    @Test
    void aClockThatIsSetBackTakesNothingAway() {
        assertThat(allowance.take(NOON.minus(Duration.ofHours(1)))).isTrue();
        assertThat(allowance.take(NOON.minus(Duration.ofHours(1)))).isTrue();
        assertThat(allowance.take(NOON.minus(Duration.ofHours(1)))).isFalse();
        assertThat(allowance.take(NOON.minus(Duration.ofHours(1)).plusSeconds(10)))
                .isTrue();
    }
}
