package dev.behalf.validator.jwks;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import java.time.Duration;

/// How key sets are read and kept.
///
/// @param refreshEvery     a set is read again when it is this old, or earlier where `Cache-Control: max-age` says so
/// @param refreshAtLeast   but not more often than this, whatever `max-age` says
/// @param staleFor         how long the last good set serves while reading it fails
/// @param unknownKeyBurst  how many readings unknown key ids may cause at once
/// @param unknownKeyEvery  and how often one more after that
/// @param maxBackoff       the longest pause between readings that fail
/// @param deadline         for one reading, from looking up the name to the last byte
/// @param maxBytes         the largest key set
@ConfigurationProperties("behalf.validator.jwks")
record JwksSettings(
        @Bindable(defaultValue = "60s") Duration refreshEvery,
        @Bindable(defaultValue = "10s") Duration refreshAtLeast,
        @Bindable(defaultValue = "1h") Duration staleFor,
        @Bindable(defaultValue = "2") int unknownKeyBurst,
        @Bindable(defaultValue = "10s") Duration unknownKeyEvery,
        @Bindable(defaultValue = "10s") Duration maxBackoff,
        @Bindable(defaultValue = "3s") Duration deadline,
        @Bindable(defaultValue = "524288") int maxBytes) {}
