package dev.behalf.vault.audit;

import dev.behalf.kernel.secret.Secret;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// Something to record. Texts that others chose are cut at [#MAX_LENGTH] characters; what cannot be stored in
/// them is replaced.
///
/// @param subject    the user whose account it is about, or the operator
/// @param agent      the client id of the agent
/// @param provider   such as `github`
/// @param connection its id
/// @param purpose    what the agent says that it is for
/// @param scopes     of the token, or those asked for
/// @param token      the token that was given; a keyed digest of it is stored, never itself
/// @param requestId  of the request that led to it
/// @param detail     the reason or the circumstances, for an operator
public record AuditEvent(
        AuditAction action,
        AuditOutcome outcome,
        @Nullable String subject,
        @Nullable String agent,
        @Nullable String provider,
        @Nullable String connection,
        @Nullable String purpose,
        @Nullable String scopes,
        @Nullable Secret token,
        @Nullable String requestId,
        @Nullable String detail) {

    /// The longest text in characters; scopes may be four times as long.
    public static final int MAX_LENGTH = 500;

    public AuditEvent {
        subject = storable(subject, MAX_LENGTH);
        agent = storable(agent, MAX_LENGTH);
        provider = storable(provider, MAX_LENGTH);
        connection = storable(connection, MAX_LENGTH);
        purpose = storable(purpose, MAX_LENGTH);
        scopes = storable(scopes, 4 * MAX_LENGTH);
        requestId = storable(requestId, MAX_LENGTH);
        detail = storable(detail, MAX_LENGTH);
    }

    public static AuditEvent of(AuditAction action, AuditOutcome outcome) {
        return new AuditEvent(action, outcome, null, null, null, null, null, null, null, null, null);
    }

    /// Of a user and, if one acts, an agent.
    public AuditEvent by(String subject, @Nullable String agent) {
        return new AuditEvent(
                action, outcome, subject, agent, provider, connection, purpose, scopes, token, requestId, detail);
    }

    public AuditEvent on(String provider, @Nullable String connection) {
        return new AuditEvent(
                action, outcome, subject, agent, provider, connection, purpose, scopes, token, requestId, detail);
    }

    public AuditEvent purpose(@Nullable String purpose) {
        return new AuditEvent(
                action, outcome, subject, agent, provider, connection, purpose, scopes, token, requestId, detail);
    }

    public AuditEvent scopes(Set<String> scopes) {
        var text = String.join(" ", new TreeSet<>(scopes));
        return new AuditEvent(
                action, outcome, subject, agent, provider, connection, purpose, text, token, requestId, detail);
    }

    public AuditEvent token(Secret token) {
        return new AuditEvent(
                action, outcome, subject, agent, provider, connection, purpose, scopes, token, requestId, detail);
    }

    public AuditEvent request(@Nullable String requestId) {
        return new AuditEvent(
                action, outcome, subject, agent, provider, connection, purpose, scopes, token, requestId, detail);
    }

    public AuditEvent detail(@Nullable String detail) {
        return new AuditEvent(
                action, outcome, subject, agent, provider, connection, purpose, scopes, token, requestId, detail);
    }

    private static @Nullable String storable(@Nullable String text, int maxLength) {
        if (text == null) {
            return null;
        }
        var clean = new StringBuilder(Math.min(text.length(), maxLength));
        text.codePoints().limit(maxLength).forEach(c -> {
            boolean odd = Character.isISOControl(c) || (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE);
            clean.appendCodePoint(odd ? '\uFFFD' : c);
        });
        return clean.toString();
    }
}
