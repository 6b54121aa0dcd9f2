package dev.behalf.authz.page;

import dev.behalf.kernel.page.Texts;
/// What all pages have in common.
///
/// @param service the name of the service

public record Frame(Texts texts, String service, String style, String emblem) {}
