package dev.behalf.authz.authorize;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.context.annotation.Context;
import io.micronaut.core.bind.annotation.Bindable;
import java.time.Duration;

/// @param codeTtl   how long a code can be redeemed: 5 seconds to 10 minutes (RFC 6749 §4.1.2)
/// @param pushBurst how many requests one network (an IPv4 address, an IPv6 /64) may push at once (RFC 9126): a
///                  service with many users pushes all of theirs from one
/// @param pushEvery until it may push one more
/// @param mostPushed how many requests of one client may wait to be answered. It is more than one network can
///                   push while they last, so that nobody alone keeps a client, whose id is no secret, from
///                   pushing
@Context
@ConfigurationProperties("behalf.authz.authorization")
record AuthorizationSettings(
        @Bindable(defaultValue = "60s") Duration codeTtl,
        @Bindable(defaultValue = "300") int pushBurst,
        @Bindable(defaultValue = "200ms") Duration pushEvery,
        @Bindable(defaultValue = "10000") int mostPushed) {

    AuthorizationSettings {
        if (pushBurst < 1 || mostPushed < 1) {
            throw new IllegalArgumentException(
                    "behalf.authz.authorization.push-burst and most-pushed must be at least 1");
        }
        if (pushEvery.compareTo(Duration.ofMillis(1)) < 0 || pushEvery.compareTo(Duration.ofDays(1)) > 0) {
            throw new IllegalArgumentException(
                    "behalf.authz.authorization.push-every must be from 1ms to 1d, but is " + pushEvery);
        }
        if (codeTtl.compareTo(Duration.ofMinutes(10)) > 0 || codeTtl.compareTo(Duration.ofSeconds(5)) < 0) {
            throw new IllegalArgumentException(
                    "behalf.authz.authorization.code-ttl must be from 5s to 10m, but is " + codeTtl);
        }
    }
}
