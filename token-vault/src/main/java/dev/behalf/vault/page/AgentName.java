package dev.behalf.vault.page;

import org.jspecify.annotations.Nullable;

/// An agent, as people are told of it.
///
/// @param name           that it gives itself, or else its client id
/// @param host           that proved to stand behind it, or null
/// @param selfRegistered nobody checked who it is: anybody could have that name
public record AgentName(String id, String name, @Nullable String host, boolean selfRegistered) {}
