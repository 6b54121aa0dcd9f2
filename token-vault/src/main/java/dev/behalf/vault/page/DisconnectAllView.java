package dev.behalf.vault.page;

import java.util.List;

/// Asks whether to disconnect every account.
///
/// @param accounts those of them that are shown
public record DisconnectAllView(String csrf, String username, List<String> accounts) implements View {

    /// Where it is, and where the answer is posted.
    public static final String PAGE = Site.CONNECTIONS + "/disconnect";

    public DisconnectAllView {
        accounts = List.copyOf(accounts);
    }
}
