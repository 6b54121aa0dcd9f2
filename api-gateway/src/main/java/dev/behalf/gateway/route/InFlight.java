package dev.behalf.gateway.route;

import java.util.concurrent.atomic.AtomicInteger;

/// Counts requests that are under way and takes no more than it should. All event loops share it.
public final class InFlight {

    private final AtomicInteger count = new AtomicInteger();

    /// Counts one more, unless there are that many. Whoever was counted must [#leave].
    public boolean enter(int most) {
        if (count.incrementAndGet() <= most) {
            return true;
        }
        count.decrementAndGet();
        return false;
    }

    public void leave() {
        count.decrementAndGet();
    }

    /// How many there are now.
    public int now() {
        return count.get();
    }
}
