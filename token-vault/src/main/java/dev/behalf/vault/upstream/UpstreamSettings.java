package dev.behalf.vault.upstream;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import java.time.Duration;

/// @param answerWithin how long one call to a provider may take; at most 20 seconds
@ConfigurationProperties("behalf.vault.upstream")
record UpstreamSettings(@Bindable(defaultValue = "15s") Duration answerWithin) {

    UpstreamSettings {
        if (!answerWithin.isPositive() || answerWithin.compareTo(Duration.ofSeconds(20)) > 0) {
            throw new IllegalArgumentException(
                    "behalf.vault.upstream.answer-within must be at most 20s, but is " + answerWithin);
        }
    }
}
