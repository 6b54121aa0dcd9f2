package dev.behalf.vault.audit;

import org.jspecify.annotations.Nullable;

/// Which entries; null lets all through.
public record AuditFilter(
        @Nullable String subject,
        @Nullable String agent,
        @Nullable String connection) {}
