package dev.behalf.vault.discovery;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A protected resource, such as an MCP server, as it describes itself (RFC 9728 §2).
///
/// @param resource its identifier, which tokens for it are asked for by (RFC 8707)
/// @param name     for people; null: it does not say
/// @param servers  the issuers whose tokens it takes
/// @param scopes   that are asked for to use it; empty: it does not say
public record DiscoveredResource(String resource, @Nullable String name, List<String> servers, Set<String> scopes) {}
