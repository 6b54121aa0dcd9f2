package dev.behalf.vault.upstream;

/// What came of ending a token at its provider.
public sealed interface RevocationOutcome {

    /// It is good no more, or was not before.
    record Revoked() implements RevocationOutcome {}

    /// The provider has no way to do it: the user has to, there.
    record NotSupported() implements RevocationOutcome {}

    /// @param reason  words of ours
    /// @param passing whether it may work later
    record Failed(String reason, boolean passing) implements RevocationOutcome {}

    /// For programs.
    default String word() {
        return switch (this) {
            case Revoked() -> "revoked";
            case NotSupported() -> "not_supported";
            case Failed _ -> "failed";
        };
    }
}
