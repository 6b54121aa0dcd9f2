package dev.behalf.kernel.outbox;

/// The broker, or the client before it, refuses this one event for what it is: trying again is no use.
public final class Unpublishable extends RuntimeException {

    private final transient OutboxEvent event;

    Unpublishable(OutboxEvent event, Throwable reason) {
        super(reason.toString(), reason);
        this.event = event;
    }

    OutboxEvent event() {
        return event;
    }
}
