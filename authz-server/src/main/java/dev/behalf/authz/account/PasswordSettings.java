package dev.behalf.authz.account;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.context.annotation.Context;
import io.micronaut.core.bind.annotation.Bindable;
import java.time.Duration;

/// How people's passwords are kept. The costs are those that OWASP recommends for Argon2id; a password that was kept
/// at another cost is kept anew at the next sign-in.
///
/// @param memoryKib  memory for one password, in KiB: at least 7168
/// @param iterations passes over it: at least 1
/// @param threads    how many passwords are worked on at once for browsers that nobody knows; known browsers have as
/// many
///                   of their own. Each takes `memoryKib`
/// @param queue      how many more may wait before one is answered 503
/// @param ticketTtl  how long a link for setting a password works
@Context
@ConfigurationProperties("behalf.authz.passwords")
record PasswordSettings(
        @Bindable(defaultValue = "19456") int memoryKib,
        @Bindable(defaultValue = "2") int iterations,
        @Bindable(defaultValue = "1") int threads,
        @Bindable(defaultValue = "50") int queue,
        @Bindable(defaultValue = "1h") Duration ticketTtl) {

    PasswordSettings {
        within("memory-kib", memoryKib, 7168, 1 << 20);
        within("iterations", iterations, 1, 100);
        within("threads", threads, 1, 64);
        within("queue", queue, 1, 1000);
        if (ticketTtl.compareTo(Duration.ofMinutes(1)) < 0 || ticketTtl.compareTo(Duration.ofDays(7)) > 0) {
            throw new IllegalArgumentException("behalf.authz.passwords.ticket-ttl must be from 1m to 7d");
        }
    }

    private static void within(String name, int value, int least, int most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(
                    "behalf.authz.passwords." + name + " must be from " + least + " to " + most);
        }
    }
}
