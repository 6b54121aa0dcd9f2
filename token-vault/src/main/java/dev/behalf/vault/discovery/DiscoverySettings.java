package dev.behalf.vault.discovery;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import java.time.Duration;

/// @param answerWithin how long each document may take; there are four places at most to look at for one
@ConfigurationProperties("behalf.vault.discovery")
record DiscoverySettings(@Bindable(defaultValue = "5s") Duration answerWithin) {

    DiscoverySettings {
        if (!answerWithin.isPositive() || answerWithin.compareTo(Duration.ofSeconds(20)) > 0) {
            throw new IllegalArgumentException("behalf.vault.discovery.answer-within must be at most 20s");
        }
    }
}
