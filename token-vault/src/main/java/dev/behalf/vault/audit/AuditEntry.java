package dev.behalf.vault.audit;

import dev.behalf.kernel.secret.Sha256;
import dev.behalf.vault.crypto.CanonicalBytes;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// An entry of the audit log; the members are those of [AuditEvent].
///
/// @param sequence    counts all entries, from 1 and without a gap
/// @param at          in microseconds
/// @param tokenDigest HMAC-SHA-256 of the token, 64 hexadecimal digits: the same for the same token in this
///                    vault only
public record AuditEntry(
        long sequence,
        Instant at,
        String action,
        String outcome,
        @Nullable String subject,
        @Nullable String agent,
        @Nullable String provider,
        @Nullable String connection,
        @Nullable String purpose,
        @Nullable String scopes,
        @Nullable String tokenDigest,
        @Nullable String requestId,
        @Nullable String detail) {

    private static final int ENCODING = 1;

    static AuditEntry of(AuditEvent event, @Nullable String tokenDigest, Instant now) {
        return new AuditEntry(
                0,
                now.truncatedTo(ChronoUnit.MICROS),
                event.action().text(),
                event.outcome().text(),
                event.subject(),
                event.agent(),
                event.provider(),
                event.connection(),
                event.purpose(),
                event.scopes(),
                tokenDigest,
                event.requestId(),
                event.detail());
    }

    AuditEntry at(long sequence) {
        return new AuditEntry(
                sequence,
                at,
                action,
                outcome,
                subject,
                agent,
                provider,
                connection,
                purpose,
                scopes,
                tokenDigest,
                requestId,
                detail);
    }

    /// SHA-256 of the hash before and of all that the entry says.
    Sha256 hash(Sha256 before) {
        return Sha256.of(CanonicalBytes.of("behalf.vault.audit", ENCODING)
                .bytes(before.bytes())
                .number(sequence)
                .number(ChronoUnit.MICROS.between(Instant.EPOCH, at))
                .text(action)
                .text(outcome)
                .text(subject)
                .text(agent)
                .text(provider)
                .text(connection)
                .text(purpose)
                .text(scopes)
                .text(tokenDigest)
                .text(requestId)
                .text(detail)
                .toBytes());
    }

    /// Without what is not there.
    public Map<String, Object> toJson() {
        var json = new LinkedHashMap<String, Object>();
        json.put("sequence", sequence);
        json.put("at", at);
        json.put("action", action);
        json.put("outcome", outcome);
        put(json, "subject", subject);
        put(json, "agent", agent);
        put(json, "provider", provider);
        put(json, "connection", connection);
        put(json, "purpose", purpose);
        put(json, "scopes", scopes);
        put(json, "tokenDigest", tokenDigest);
        put(json, "requestId", requestId);
        put(json, "detail", detail);
        return json;
    }

    private static void put(Map<String, Object> json, String name, @Nullable Object value) {
        if (value != null) {
            json.put(name, value);
        }
    }
}
