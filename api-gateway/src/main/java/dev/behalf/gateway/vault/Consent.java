package dev.behalf.gateway.vault;

import dev.behalf.kernel.json.Json;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What only the user can mend before an agent's call gets a token: the answer of the vault.
///
/// @param provider         such as `github`
/// @param status           the vault's word for it, such as `not_connected`
/// @param authorizationUrl where the user mends it
/// @param members          of the answer to the agent: those of the vault's, and the provider
public record Consent(String provider, String status, String authorizationUrl, Map<String, Object> members) {

    private static final List<String> MEMBERS =
            List.of("error", "status", "detail", "connection", "account", "missing_scopes", "authorization_url");

    /// The answer read, or null when it is no such answer. Members that are not known do not go on.
    static @Nullable Consent read(String provider, Map<String, @Nullable Object> json) {
        if (!"CONSENT_REQUIRED".equals(json.get("error"))
                || !(json.get("status") instanceof String status)
                || !(json.get("authorization_url") instanceof String url)) {
            return null;
        }
        var members = new LinkedHashMap<String, Object>();
        for (var name : MEMBERS) {
            var value = json.get(name);
            if (value != null) {
                members.put(name, value);
            }
        }
        members.put("provider", provider);
        return new Consent(provider, status, url, members);
    }

    /// What the agent is answered.
    public byte[] body() {
        return Json.write(members);
    }

    /// What the user is asked for, in one sentence.
    public String request() {
        return switch (status) {
            case "not_connected" -> "Connect your account at " + provider + ", so that this agent can use it.";
            case "missing_scopes" -> "Let your account at " + provider + " be used for more, as this agent asks.";
            case "needs_reconnect" -> "Connect your account at " + provider + " again.";
            default -> "Let this agent use your account at " + provider + ".";
        };
    }
}
