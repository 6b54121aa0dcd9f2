package dev.behalf.validator.judge;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import java.time.Duration;

/// How tokens are judged.
///
/// @param clockSkew        how far an issuer's clock may be off; 60 s at most
/// @param requireAudiences refuse tokens of providers that name no audience
@ConfigurationProperties("behalf.validator")
record JudgeSettings(
        @Bindable(defaultValue = "60s") Duration clockSkew,
        @Bindable(defaultValue = "false") boolean requireAudiences) {
    JudgeSettings {
        if (clockSkew.isNegative() || clockSkew.compareTo(Duration.ofSeconds(60)) > 0) {
            throw new IllegalArgumentException("behalf.validator.clock-skew must be from 0s to 60s");
        }
    }
}
