package dev.behalf.authz.token;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.context.annotation.Context;
import io.micronaut.core.bind.annotation.Bindable;
import java.time.Duration;

/// @param ttl         how long an access token lives; 5 seconds to one hour
/// @param exchangeTtl how long a token lives that stands for an operator's credential inside the suite, and so how
///                    long a revoked one still counts there; 1 to 60 seconds
@Context
@ConfigurationProperties("behalf.authz.token")
public record TokenSettings(
        @Bindable(defaultValue = "10m") Duration ttl,
        @Bindable(defaultValue = "60s") Duration exchangeTtl) {
    public TokenSettings {
        if (ttl.compareTo(Duration.ofHours(1)) > 0 || ttl.compareTo(Duration.ofSeconds(5)) < 0) {
            throw new IllegalArgumentException("behalf.authz.token.ttl must be from 5s to 1h, but is " + ttl);
        }
        if (exchangeTtl.compareTo(Duration.ofSeconds(60)) > 0 || exchangeTtl.compareTo(Duration.ofSeconds(1)) < 0) {
            throw new IllegalArgumentException(
                    "behalf.authz.token.exchange-ttl must be from 1s to 60s, but is " + exchangeTtl);
        }
    }
}
