package dev.behalf.vault.audit;

/// What was done or tried.
public enum AuditAction {
    /// An agent was given a token.
    TOKEN_READ("token.read"),
    /// A token was put into a call that an agent made.
    TOKEN_INJECTED("token.injected"),
    /// An agent asked for a token and was given none.
    TOKEN_REFUSED("token.refused"),
    CONNECTED("connected"),
    REFRESHED("refreshed"),
    DISCONNECTED("disconnected"),
    /// A user let an agent use a connection.
    CONSENT_GIVEN("consent.given"),
    CONSENT_ENDED("consent.ended"),
    /// A user, or an operator for one, had everything of the user's ended.
    USER_ENDED("user.ended"),
    /// A stored secret does not open: it was changed or moved, or its key is not here.
    SECRET_UNDECRYPTABLE("secret.undecryptable"),
    /// An operator had everything wrapped by another key.
    KEY_ROTATED("key.rotated"),
    KEY_REMOVED("key.removed"),
    /// An operator created or changed a provider.
    PROVIDER_CHANGED("provider.changed"),
    PROVIDER_REMOVED("provider.removed");

    private final String text;

    AuditAction(String text) {
        this.text = text;
    }

    /// As it is stored and shown.
    public String text() {
        return text;
    }
}
