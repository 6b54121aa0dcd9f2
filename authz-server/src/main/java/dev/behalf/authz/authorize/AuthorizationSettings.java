package dev.behalf.authz.authorize;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.context.annotation.Context;
import io.micronaut.core.bind.annotation.Bindable;
import java.time.Duration;

/// @param codeTtl how long a code can be redeemed: 5 seconds to 10 minutes (RFC 6749 §4.1.2)
@Context
@ConfigurationProperties("behalf.authz.authorization")
record AuthorizationSettings(@Bindable(defaultValue = "60s") Duration codeTtl) {
    AuthorizationSettings {
        if (codeTtl.compareTo(Duration.ofMinutes(10)) > 0 || codeTtl.compareTo(Duration.ofSeconds(5)) < 0) {
            throw new IllegalArgumentException(
                    "behalf.authz.authorization.code-ttl must be from 5s to 10m, but is " + codeTtl);
        }
    }
}
