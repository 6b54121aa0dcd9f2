package dev.behalf.kernel.outbound;

/// No usable response: the host did not answer in time, answered too much, or must not be called. The message says
/// which, names no address that the caller did not name, and is fit for an operator to read.
public final class HttpCallFailed extends RuntimeException {

    public HttpCallFailed(String message) {
        super(message, null, false, false);
    }
}
