package dev.behalf.vault;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.oauth.Audience;
import dev.behalf.testkit.FakeAuthzServer;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// A user of the vault with programs and agents of their own; nobody else in a test has the same name.
public final class VaultUser {

    public static final String AGENT = "the-agent";

    private final String name = "user-" + UUID.randomUUID();

    public String name() {
        return name;
    }

    /// The `Authorization` header of the user's own program: as of every client that a user allowed something,
    /// the actor of its token is itself.
    public String own() {
        return own("connections:read connections:manage");
    }

    /// The same with other scopes.
    public String own(String scopes) {
        return "Bearer "
                + FakeAuthzServer.shared()
                        .token(
                                Audience.TOKEN_VAULT,
                                scopes,
                                Map.of("sub", name, "client_id", "the-app", "act", Map.of("sub", "the-app")));
    }

    /// Begins to connect, and emits where the user is to be sent.
    public URI begin(RunningVault vault) {
        var begun = vault.post(
                "/api/v1/connections/authorizations",
                Map.of("provider", "demo", "redirect_uri", RotatingProvider.REDIRECT),
                own());
        assertThat(begun.statusCode()).as(begun.body()).isEqualTo(201);
        return URI.create(String.valueOf(RunningVault.json(begun).get("authorization_url")));
    }

    public HttpResponse<String> complete(RunningVault vault, Map<String, String> answer) {
        return vault.post("/api/v1/connections/authorizations/answers", answer, own());
    }

    /// Connects the account, and returns the connection's id.
    @CanIgnoreReturnValue
    public String connect(RunningVault vault, RotatingProvider provider, String account) {
        var connected = complete(vault, provider.approve(begin(vault), account));
        assertThat(connected.statusCode()).as(connected.body()).isEqualTo(201);
        return String.valueOf(RunningVault.json(connected).get("id"));
    }

    /// Lets the agent use the connection.
    public void allow(RunningVault vault, String connection) {
        assertThat(vault.send(vault.request("/api/v1/connections/" + connection + "/agents/" + AGENT, own())
                                .header("Content-Type", "application/json")
                                .PUT(HttpRequest.BodyPublishers.ofString("{}")))
                        .statusCode())
                .isEqualTo(204);
    }

    /// What the agent gets that asks for the token.
    @CanIgnoreReturnValue
    public HttpResponse<String> ask(RunningVault vault, String query) {
        return vault.get("/api/v1/connections/demo/token" + query, RunningVault.agent(name, AGENT, "connections:use"));
    }

    /// `status` of that answer.
    public String status(RunningVault vault) {
        return String.valueOf(RunningVault.json(ask(vault, "")).get("status"));
    }

    /// The user's connections.
    @SuppressWarnings("unchecked")
    public List<Map<String, @Nullable Object>> connections(RunningVault vault) {
        var list =
                Json.readObject(vault.get("/api/v1/connections", own()).body()).get("connections");
        return (List<Map<String, @Nullable Object>>) (list == null ? List.of() : list);
    }
}
