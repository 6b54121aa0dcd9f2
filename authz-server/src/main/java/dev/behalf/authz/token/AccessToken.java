package dev.behalf.authz.token;

import java.time.Instant;

/// An access token of ours that is good: its signature, its time, and that nobody revoked it.
///
/// @param id `jti`
public record AccessToken(Entitlement entitlement, String id, Instant issuedAt, Instant expiresAt) {}
