package dev.behalf.authz.page;

/// Something went wrong that only a person can be told: the request names no client or redirect that could be.
///
/// @param message a key of the messages, such as `error.unknown-client`
public record ErrorView(String message) implements View {}
