package dev.behalf.vault.page;

import java.util.List;

/// Asks whether to disconnect an account.
///
/// @param action   where the answer is posted
/// @param agents   that can use it no more then
/// @param revoked  whether the provider will be told; if not, its tokens may stay good there until they expire
public record DisconnectView(
        String action,
        String csrf,
        String username,
        String provider,
        String account,
        List<AgentName> agents,
        boolean revoked)
        implements View {

    public DisconnectView {
        agents = List.copyOf(agents);
    }
}
