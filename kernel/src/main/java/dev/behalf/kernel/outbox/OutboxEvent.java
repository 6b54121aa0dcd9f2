package dev.behalf.kernel.outbox;

import io.r2dbc.spi.Readable;
import java.time.Instant;
import java.util.Objects;
import java.util.UUID;

/// An event as it is kept until it is published.
///
/// @param subject  what it is about: the key of its record
/// @param revision its number; of two events about the same subject, the later has the higher
/// @param at       when the change was made
/// @param payload  the data: JSON
public record OutboxEvent(UUID id, String type, String subject, long revision, Instant at, String payload) {

    /// Reads a row with the columns `id`, `type`, `subject`, `revision`, `created_at` and `payload`.
    public static OutboxEvent read(Readable row) {
        return new OutboxEvent(
                Objects.requireNonNull(row.get("id", UUID.class)),
                Objects.requireNonNull(row.get("type", String.class)),
                Objects.requireNonNull(row.get("subject", String.class)),
                Objects.requireNonNull(row.get("revision", Long.class)),
                Objects.requireNonNull(row.get("created_at", Instant.class)),
                Objects.requireNonNull(row.get("payload", String.class)));
    }
}
