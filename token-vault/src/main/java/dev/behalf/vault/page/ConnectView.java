package dev.behalf.vault.page;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// Asks whether to go to a provider and connect an account there.
///
/// @param action where the answer is posted
/// @param why    the last part of the key of a text: `first`, `again` or `more`
/// @param agent  that wants to use it, or null when the user came by themselves
/// @param scopes that will be asked for
/// @param host   of the provider's page
public record ConnectView(
        String action,
        String csrf,
        String username,
        String provider,
        @Nullable String description,
        String why,
        @Nullable AgentName agent,
        List<String> scopes,
        String host)
        implements View {

    public ConnectView {
        scopes = List.copyOf(scopes);
    }
}
