package dev.behalf.kernel.revocation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// Which tokens a set of revocations covers, and for how long.
class RevocationsTest {

    private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");
    private static final Duration HOUR = Duration.ofHours(1);

    private final Revocations revocations = new Revocations(3);

    @Test
    void aRevokedGrantTakesItsTokensAlongWheneverTheyWereIssued() {
        add("grant", "g1", NOON);

        assertThat(revocations.cover("g1", "t1", "c1", 0)).isTrue();
        assertThat(revocations.cover("g1", "t2", "c1", NOON.getEpochSecond() + 60))
                .isTrue();
        assertThat(revocations.cover("g2", "t1", "c1", 0)).isFalse();
        assertThat(revocations.cover(null, "t1", "c1", 0)).isFalse();
    }

    @Test
    void aRevokedTokenIsNoOther() {
        add("token", "t1", NOON);

        assertThat(revocations.cover("g1", "t1", "c1", 0)).isTrue();
        assertThat(revocations.cover("t1", "t2", "t1", 0)).isFalse();
    }

    @Test
    void aRevokedClientLosesWhatItHasAndMayGetMore() {
        add("client", "c1", NOON);

        assertThat(revocations.cover("g1", "t1", "c1", NOON.getEpochSecond())).isTrue();
        assertThat(revocations.cover("g1", "t1", "c1", NOON.getEpochSecond() + 1))
                .isFalse();
    }

    @Test
    void theSameAgainInAnyOrderNeverTakesAnythingBack() {
        add("client", "c1", NOON);
        add("client", "c1", NOON.minusSeconds(60));
        assertThat(revocations.cover(null, "t", "c1", NOON.getEpochSecond())).isTrue();

        revocations.sweep(NOON.plus(HOUR));
        assertThat(revocations.size()).isEqualTo(1);
    }

    @Test
    void whatHasEndedIsForgottenWithAMargin() {
        add("grant", "g1", NOON);

        revocations.sweep(NOON.plus(HOUR).plusSeconds(60));
        assertThat(revocations.cover("g1", "t", "c", 0)).isTrue();

        revocations.sweep(NOON.plus(HOUR).plusSeconds(120));
        assertThat(revocations.size()).isZero();
    }

    @Test
    void whatEndedBeforeItCameIsNotKept() {
        assertThat(revocations.add(new Revocation("grant", "g1", NOON.minus(HOUR), NOON.minusSeconds(121)), NOON))
                .isTrue();
        assertThat(revocations.size()).isZero();
    }

    @Test
    void beyondTheBoundOneIsToldThatTheSetIsNotWhole() {
        add("grant", "g1", NOON);
        add("token", "t1", NOON);
        add("client", "c1", NOON);

        assertThat(revocations.add(new Revocation("grant", "g2", NOON, NOON.plus(HOUR)), NOON))
                .isFalse();
        assertThat(revocations.add(new Revocation("grant", "g1", NOON, NOON.plus(HOUR)), NOON))
                .isTrue();
    }

    @Test
    void anEventSaysWhatItSaysAndMayHoldMore() {
        assertThat(Revocation.fromJson(Map.of(
                        "kind", "grant",
                        "id", "g1",
                        "revokedAt", "2026-03-01T12:00:00Z",
                        "until", "2026-03-01T13:00:00Z",
                        "reason", "user")))
                .isEqualTo(new Revocation("grant", "g1", NOON, NOON.plus(HOUR)));
        assertThatThrownBy(() -> Revocation.fromJson(Map.of("kind", "grant", "id", "g1")))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() ->
                        Revocation.fromJson(Map.of("kind", "grant", "id", "g1", "revokedAt", "noon", "until", "later")))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private void add(String kind, String id, Instant at) {
        assertThat(revocations.add(new Revocation(kind, id, at, NOON.plus(HOUR)), NOON))
                .isTrue();
    }
}
