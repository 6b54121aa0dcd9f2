package dev.behalf.vault.page;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// Says that something was done, or why it was not, and where to go on.
///
/// @param message a key of the messages, such as `notice.allowed`; its title is that key with `.title`
/// @param shown   what stands in the places of both texts
/// @param good    whether it went as the user wanted
/// @param next    one of our own paths, or null: the user is to go back to the agent
/// @param label   a key of the messages: what to call the way there
public record NoticeView(
        String message,
        List<String> shown,
        boolean good,
        @Nullable String next,
        String label) implements View {

    /// The way to the connections.
    public static final String TO_CONNECTIONS = "go.connections";

    public NoticeView {
        shown = List.copyOf(shown);
    }
}
