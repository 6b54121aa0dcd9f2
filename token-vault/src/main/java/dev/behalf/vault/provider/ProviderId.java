package dev.behalf.vault.provider;

import java.util.Optional;
import java.util.regex.Pattern;

/// The name of a provider, such as `github`: a lower-case letter, then at most 62 lower-case letters, digits
/// and hyphens.
public record ProviderId(String name) {

    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9-]{0,62}");

    /// @throws InvalidProvider when it is no such name
    public ProviderId {
        if (!NAME.matcher(name).matches()) {
            throw new InvalidProvider("the name of a provider takes at most 63 lower-case letters, digits and '-',"
                    + " and begins with a letter");
        }
    }

    /// Nothing when the text cannot be the name of a provider.
    public static Optional<ProviderId> parse(String text) {
        return NAME.matcher(text).matches() ? Optional.of(new ProviderId(text)) : Optional.empty();
    }

    @Override
    public String toString() {
        return name;
    }
}
