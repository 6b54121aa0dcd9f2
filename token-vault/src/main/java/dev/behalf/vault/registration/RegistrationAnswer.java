package dev.behalf.vault.registration;

import dev.behalf.kernel.json.InvalidJson;
import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.outbound.HttpReply;
import dev.behalf.kernel.outbound.OutboundPolicy;
import dev.behalf.kernel.secret.Secret;
import dev.behalf.vault.provider.ClientAuthentication;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// What a server says of a client (RFC 7591 §3.2.1, RFC 7592 §3). It may have changed what was asked for; what
/// this vault cannot work with is refused.
///
/// @param credentials what it says anew; what it leaves out stays as it was
/// @param metadata    all that it says, without secrets
record RegistrationAnswer(
        String clientId,
        ClientAuthentication authentication,
        Credentials credentials,
        @Nullable URI managementUrl,
        @Nullable Instant secretExpiresAt,
        Map<String, @Nullable Object> metadata) {

    private static final Pattern VISIBLE = Pattern.compile("[\\x21-\\x7E]{1,4000}");
    private static final Pattern CLIENT_ID = Pattern.compile("[\\x20-\\x7E]{1,300}");
    private static final Pattern ERROR = Pattern.compile("[a-z_]{1,60}");
    private static final Map<Object, ClientAuthentication> KNOWN = Map.of(
            "none", ClientAuthentication.NONE,
            "client_secret_basic", ClientAuthentication.BASIC,
            "client_secret_post", ClientAuthentication.BODY);
    private static final int LONGEST = 32 * 1024;
    private static final Set<String> SECRETS = Set.of("client_secret", "registration_access_token");

    /// @param before       the client as it was; null: it is registered for the first time
    /// @param redirectUris that it must have
    /// @throws RegistrationFailed when it is an error, or is not what can be used
    static RegistrationAnswer read(
            HttpReply reply, @Nullable Registration before, List<String> redirectUris, OutboundPolicy policy) {
        int status = reply.status();
        if (status == 429 || status >= 500) {
            throw RegistrationFailed.away("the server does not register clients now");
        }
        Map<String, @Nullable Object> json;
        try {
            json = Json.readObject(reply.body());
        } catch (InvalidJson e) {
            throw status == 401 || status == 403 || status == 404
                    ? RegistrationFailed.refused(status, null)
                    : RegistrationFailed.unfit("the answer is no JSON object");
        }
        if (status != 200 && status != 201) {
            throw RegistrationFailed.refused(
                    status,
                    json.get("error") instanceof String error
                                    && ERROR.matcher(error).matches()
                            ? error
                            : null);
        }
        return read(json, before, redirectUris, policy);
    }

    private static RegistrationAnswer read(
            Map<String, @Nullable Object> json,
            @Nullable Registration before,
            List<String> redirectUris,
            OutboundPolicy policy) {
        if (!(json.get("client_id") instanceof String clientId)
                || !CLIENT_ID.matcher(clientId).matches()) {
            throw RegistrationFailed.unfit("the answer has no client_id");
        }
        if (before != null && !clientId.equals(before.clientId())) {
            throw RegistrationFailed.unfit("the answer is about another client");
        }
        if (json.get("redirect_uris") instanceof List<?> list && !list.containsAll(redirectUris)) {
            throw RegistrationFailed.unfit("the server does not take the redirect URIs of this vault");
        }
        var secret = secret(json, "client_secret");
        return new RegistrationAnswer(
                clientId,
                authentication(json, before, secret),
                new Credentials(secret, secret(json, "registration_access_token")),
                managementUrl(json, policy),
                json.get("client_secret_expires_at") instanceof Long seconds && seconds > 0 && seconds < 1L << 40
                        ? Instant.ofEpochSecond(seconds)
                        : null,
                withoutSecrets(json));
    }

    private static ClientAuthentication authentication(
            Map<String, @Nullable Object> json, @Nullable Registration before, @Nullable Secret secret) {
        var said = json.get("token_endpoint_auth_method");
        if (said == null) {
            // RFC 7591 §2: basic, when nothing is said; but that takes a secret
            var otherwise = secret == null ? ClientAuthentication.NONE : ClientAuthentication.BASIC;
            return before == null ? otherwise : before.authentication();
        }
        var authentication = KNOWN.get(said);
        if (authentication == null) {
            throw RegistrationFailed.unfit("the server wants another client authentication");
        }
        if (authentication != ClientAuthentication.NONE && secret == null && before == null) {
            throw RegistrationFailed.unfit("the answer has no client_secret");
        }
        return authentication;
    }

    private static @Nullable Secret secret(Map<String, @Nullable Object> json, String name) {
        return switch (json.get(name)) {
            case null -> null;
            case String text when VISIBLE.matcher(text).matches() -> Secret.of(text);
            default -> throw RegistrationFailed.unfit(name + " is not well-formed");
        };
    }

    private static @Nullable URI managementUrl(Map<String, @Nullable Object> json, OutboundPolicy policy) {
        if (!(json.get("registration_client_uri") instanceof String text)) {
            return null;
        }
        try {
            var url = new URI(text);
            if (text.length() <= 2_000 && policy.refusal(url).isEmpty()) {
                return url;
            }
        } catch (URISyntaxException e) {
            // refused below
        }
        throw RegistrationFailed.unfit("registration_client_uri is no URL that may be called");
    }

    private static Map<String, @Nullable Object> withoutSecrets(Map<String, @Nullable Object> json) {
        var shown = new LinkedHashMap<String, @Nullable Object>(json);
        shown.keySet().removeAll(SECRETS);
        if (Json.text(shown).length() > LONGEST) {
            throw RegistrationFailed.unfit("the answer is too long");
        }
        return shown;
    }
}
