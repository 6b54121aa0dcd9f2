package dev.behalf.registry.event;

/// The broker, or the client before it, refuses this one event for what it is: trying again is no use.
final class Unpublishable extends RuntimeException {

    private final transient Outbox.Kept event;

    Unpublishable(Outbox.Kept event, Throwable reason) {
        super(reason.toString(), reason);
        this.event = event;
    }

    Outbox.Kept event() {
        return event;
    }
}
