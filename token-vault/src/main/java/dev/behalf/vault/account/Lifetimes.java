package dev.behalf.vault.account;

import dev.behalf.vault.page.PageError;
import io.micronaut.http.HttpStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// For how long people can let an agent use an account.
public final class Lifetimes {

    /// To choose from; the first is chosen. Zero: until the user ends it.
    public static final List<Duration> ALL =
            List.of(Duration.ofDays(30), Duration.ofDays(1), Duration.ofHours(1), Duration.ZERO);

    private Lifetimes() {}

    /// When what was chosen ends; null: when the user ends it.
    ///
    /// @param seconds as the form sends it
    /// @throws PageError 400 when it is none to choose from
    public static @Nullable Instant until(String seconds, Instant now) {
        var chosen = ALL.stream()
                .filter(lifetime -> Long.toString(lifetime.toSeconds()).equals(seconds))
                .findFirst()
                .orElseThrow(() -> PageError.of(HttpStatus.BAD_REQUEST, "error.request"));
        return chosen.isZero() ? null : now.plus(chosen);
    }
}
