package dev.behalf.vault.page;

import dev.behalf.kernel.page.Texts;

/// What all pages have in common.
///
/// @param service the name of the service
public record Frame(Texts texts, String service, String style, String emblem) {

    /// A scope in words, or as it is when there are none for it.
    public String scope(String name) {
        var key = "scope." + name;
        return texts.has(key) ? texts.of(key) : name;
    }
}
