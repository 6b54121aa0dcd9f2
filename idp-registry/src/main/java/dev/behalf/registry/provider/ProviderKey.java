package dev.behalf.registry.provider;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// What identifies a provider.
public record ProviderKey(String namespace, String name) {

    /// The namespace of those who name none.
    static final String DEFAULT_NAMESPACE = "default";

    private static final Pattern GRAMMAR = Pattern.compile("[A-Za-z0-9]([A-Za-z0-9._-]{0,251}[A-Za-z0-9])?");

    /// The key of the provider that a path and a query name.
    ///
    /// @param namespace null when the request names none
    /// @throws ProviderNotFound when no provider can be called so
    /// @throws InvalidField     when no namespace can
    public static ProviderKey of(@Nullable String namespace, String name) {
        var space = namespace == null ? DEFAULT_NAMESPACE : require(namespace, "namespace");
        if (!GRAMMAR.matcher(name).matches()) {
            throw ProviderNotFound.named(name);
        }
        return new ProviderKey(space, name);
    }

    /// The text, when it can be a name or namespace.
    ///
    /// @param field what it is called in the request
    /// @throws InvalidField when it cannot
    static String require(String text, String field) {
        if (!GRAMMAR.matcher(text).matches()) {
            throw new InvalidField(
                    field, "must have 1 to 253 of A-Z a-z 0-9 . _ - and begin and end with a letter or digit");
        }
        return text;
    }
}
