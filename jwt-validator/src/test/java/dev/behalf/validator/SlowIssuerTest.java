package dev.behalf.validator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.testkit.FakeIdentityProvider;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class SlowIssuerTest {

    private static final Duration LONGER_THAN_THE_TEST_WAITS = Duration.ofMinutes(2);

    /// While some issuers answer nothing at all, and the deadline is long, the others' sets are read again in time,
    /// over
    /// and over, and new providers' too.
    @Test
    void issuersThatAnswerNothingDelayNoOther() {
        var end = new CountDownLatch(1);
        var slow = Stream.of("a", "b", "c")
                .map(name -> FakeIdentityProvider.start("https://" + name + ".example"))
                .toList();
        var steady = FakeIdentityProvider.start("https://steady.example");
        var late = FakeIdentityProvider.start("https://late.example");
        slow.forEach(issuer -> issuer.serve((_, _) -> end.await()));
        var settings = Map.<String, Object>of(
                "behalf.validator.jwks.check-every",
                "50ms",
                "behalf.validator.jwks.deadline",
                LONGER_THAN_THE_TEST_WAITS,
                "behalf.outbound.allow",
                Stream.concat(slow.stream(), Stream.of(steady, late))
                        .map(FakeIdentityProvider::hostAndPort)
                        .toList());
        try (var validator = RunningValidator.start(settings)) {
            validator.register(
                    Provider.of("slow-a", slow.get(0)),
                    Provider.of("slow-b", slow.get(1)),
                    Provider.of("slow-c", slow.get(2)),
                    Provider.of("steady", steady));
            RunningValidator.await("all are asked", () -> slow.stream().allMatch(issuer -> issuer.fetches() == 1));
            for (int i = 0; i < 5; i++) {
                int before = steady.fetches();
                validator.clock().forward(Duration.ofMinutes(1));
                RunningValidator.await("the other set is read again", () -> steady.fetches() > before);
            }
            validator.register(Provider.of("late", late));

            Map.of("steady", steady, "late", late)
                    .forEach((name, issuer) -> assertThat(validator.verdict(
                                    validator.token(issuer, "ann@example.com"), name + ".example.com"))
                            .containsEntry("outcome", "accepted"));
            assertThat(slow).allMatch(issuer -> issuer.fetches() == 1);
        } finally {
            end.countDown();
            Stream.concat(slow.stream(), Stream.of(steady, late)).forEach(FakeIdentityProvider::close);
        }
    }
}
