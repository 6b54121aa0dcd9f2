package dev.behalf.testkit;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/// Waits for what must come to hold.
public final class Eventually {

    private static final Duration AT_MOST = Duration.ofSeconds(30);

    private Eventually() {}

    /// Returns as soon as the condition holds.
    ///
    /// @param what comes to hold, for the message
    /// @throws AssertionError when it does not within 30 seconds
    public static void holds(String what, BooleanSupplier condition) {
        long end = System.nanoTime() + AT_MOST.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new AssertionError("not within " + AT_MOST.toSeconds() + " s: " + what);
            }
            LockSupport.parkNanos(2_000_000);
        }
    }
}
