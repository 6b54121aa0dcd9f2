package dev.behalf.authz.page;

/// What all pages have in common.
///
/// @param service the name of the service
public record Frame(Texts texts, String service, String style, String emblem) {}
