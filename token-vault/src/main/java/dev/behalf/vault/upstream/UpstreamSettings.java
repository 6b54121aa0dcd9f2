package dev.behalf.vault.upstream;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import java.time.Duration;

/// @param answerWithin how long one call to a provider may take; at most 20 seconds
/// @param atOnce       how many calls to the token endpoint of one provider each replica makes at a time;
///                     others wait their turn
/// @param failures     after so many failures in a row it is left alone for a while
/// @param pause        for how long, the first time; doubled each time up to a minute. Then one call tries
@ConfigurationProperties("behalf.vault.upstream")
record UpstreamSettings(
        @Bindable(defaultValue = "15s") Duration answerWithin,
        @Bindable(defaultValue = "16") int atOnce,
        @Bindable(defaultValue = "5") int failures,
        @Bindable(defaultValue = "5s") Duration pause) {

    UpstreamSettings {
        if (!answerWithin.isPositive() || answerWithin.compareTo(Duration.ofSeconds(20)) > 0) {
            throw new IllegalArgumentException(
                    "behalf.vault.upstream.answer-within must be at most 20s, but is " + answerWithin);
        }
        if (atOnce < 1 || failures < 1 || !pause.isPositive()) {
            throw new IllegalArgumentException(
                    "behalf.vault.upstream: at-once and failures must be at least 1, pause more than nothing");
        }
    }
}
