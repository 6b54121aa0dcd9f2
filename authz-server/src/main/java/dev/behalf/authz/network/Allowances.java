package dev.behalf.authz.network;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/// Token buckets by name: a few at once, then one each interval. Each replica counts for itself. Of the
/// [#MOST_NAMES] names used last the count is kept, so that memory is bounded; a forgotten name starts afresh.
public final class Allowances {

    private static final int MOST_NAMES = 20_000;

    private final int burst;
    private final Duration every;
    private final Clock clock;
    private final Cache<String, Bucket> buckets;

    /// @param burst how many at once
    /// @param every until one more is there
    public Allowances(int burst, Duration every, Clock clock) {
        this.burst = burst;
        this.every = every;
        this.clock = clock;
        // A bucket that nobody touched for so long is full again: as good as none.
        this.buckets = Caffeine.newBuilder()
                .maximumSize(MOST_NAMES)
                .expireAfterAccess(every.multipliedBy(burst + 1L))
                .build();
    }

    /// Takes one. Nothing when there was one; else how long until there is: at least a second.
    public Optional<Duration> take(String name) {
        return bucket(name).take(clock.instant(), true);
    }

    /// What [#take] would say, but takes none.
    public Optional<Duration> wait(String name) {
        return bucket(name).take(clock.instant(), false);
    }

    private Bucket bucket(String name) {
        return buckets.get(name, _ -> new Bucket(clock.instant()));
    }

    private final class Bucket {
        private double left = burst;
        private Instant at;

        Bucket(Instant now) {
            this.at = now;
        }

        /// A clock that is set back takes none away.
        synchronized Optional<Duration> take(Instant now, boolean really) {
            long since = Math.max(0, Duration.between(at, now).toMillis());
            left = Math.min(burst, left + (double) since / every.toMillis());
            at = now;
            if (left < 1) {
                long seconds = (long) Math.ceil((1 - left) * every.toMillis() / 1000);
                return Optional.of(Duration.ofSeconds(Math.max(1, seconds)));
            }
            left -= really ? 1 : 0;
            return Optional.empty();
        }
    }
}
