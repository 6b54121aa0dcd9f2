package dev.behalf.vault.audit;

import java.util.Locale;

/// What came of it. What is recorded before it is done, since it must not be done unrecorded, has begun.
public enum AuditOutcome {
    DONE,
    BEGUN,
    REFUSED,
    FAILED;

    /// As it is stored and shown.
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }
}
