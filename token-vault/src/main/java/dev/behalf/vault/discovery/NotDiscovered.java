package dev.behalf.vault.discovery;

/// There is no authorization server that can be used. The message is ours, and says what an operator can look
/// at; of what the other side wrote it repeats nothing.
public final class NotDiscovered extends RuntimeException {

    public NotDiscovered(String message) {
        super(message, null, false, false);
    }
}
