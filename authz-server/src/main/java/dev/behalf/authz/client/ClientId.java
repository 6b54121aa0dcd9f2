package dev.behalf.authz.client;

import java.util.UUID;
import java.util.regex.Pattern;

/// The `client_id` of clients in the database.
final class ClientId {

    private static final Pattern SHAPE = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._~-]{0,99}");

    private ClientId() {}

    /// A new one, which tells nothing.
    static String random() {
        return UUID.randomUUID().toString();
    }

    /// Whether one could be called so; what could not is not looked up.
    static boolean hasShape(String id) {
        return SHAPE.matcher(id).matches();
    }
}
