package dev.behalf.authz.page;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What the server knows of the person, and how they sign in.
///
/// @param csrf        goes back in the field `csrf` of every form
/// @param hasPassword whether they can sign in with one; changed by `POST /account/password`
/// @param connected   through which providers they can sign in
/// @param connectable through which they could, after `POST` [Connectable#action]
/// @param error       a key of the messages, about the password; or null
public record AccountView(
        String username,
        @Nullable String name,
        @Nullable String email,
        String csrf,
        boolean hasPassword,
        List<Connected> connected,
        List<Connectable> connectable,
        @Nullable String error)
        implements View {

    /// @param remove where to post to end it, or null when it is the only way to sign in
    public record Connected(
            String title, Instant since, @Nullable String remove) {}

    public record Connectable(String title, String action) {}

    public AccountView {
        connected = List.copyOf(connected);
        connectable = List.copyOf(connectable);
    }
}
