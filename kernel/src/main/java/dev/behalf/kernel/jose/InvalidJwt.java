package dev.behalf.kernel.jose;

/// The token is refused. The message says why, and quotes nothing of the token.
public final class InvalidJwt extends RuntimeException {

    public InvalidJwt(String why) {
        super(why, null, false, false);
    }
}
