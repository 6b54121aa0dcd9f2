package dev.behalf.authz.page;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Who acts for the person. Each can be revoked: `POST /account/agents/{id}/revoke` with the field `csrf`.
public record AgentsView(String username, String csrf, List<Agent> agents) implements View {

    /// @param id        names the consent in the path
    /// @param scopes    titles, in the person's language
    /// @param lastUsed  when it last got a token, or null
    /// @param expiresAt when it must ask again, or null for not at all
    /// @param delegates names of agents to which it handed on what it may do
    public record Agent(
            String id,
            String name,
            @Nullable String host,
            boolean selfRegistered,
            List<String> scopes,
            List<String> resources,
            Instant since,
            @Nullable Instant lastUsed,
            @Nullable Instant expiresAt,
            List<String> delegates) {
        public Agent {
            scopes = List.copyOf(scopes);
            resources = List.copyOf(resources);
            delegates = List.copyOf(delegates);
        }
    }

    public AgentsView {
        agents = List.copyOf(agents);
    }
}
