package dev.behalf.authz.sweep;

import dev.behalf.testkit.Eventually;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

/// What is deleted again and again.
class SweeperTest {

    @Test
    void oneThatFailsComesAgainAndKeepsNoOtherFromItsTime() {
        var throwing = new Counted(count -> {
            throw new IllegalStateException("attempt " + count);
        });
        var failing = new Counted(count -> Mono.error(() -> new IllegalStateException("attempt " + count)));
        var good = new Counted(Mono::just);
        var sweeper = new Sweeper(List.of(throwing, failing, good));

        sweeper.start();

        try {
            for (var one : List.of(throwing, failing, good)) {
                Eventually.holds("it came three times", () -> one.times.get() >= 3);
            }
        } finally {
            sweeper.stop();
        }
    }

    private record Counted(AtomicInteger times, Work work) implements Sweep {

        interface Work {
            Mono<Integer> of(int count);
        }

        Counted(Work work) {
            this(new AtomicInteger(), work);
        }

        @Override
        public String what() {
            return "things of a test";
        }

        @Override
        public Duration every() {
            return Duration.ofMillis(1);
        }

        @Override
        public Mono<?> sweep() {
            return work.of(times.incrementAndGet());
        }
    }
}
