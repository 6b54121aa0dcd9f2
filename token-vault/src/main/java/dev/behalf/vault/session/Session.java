package dev.behalf.vault.session;

/// A browser in which somebody is signed in at the vault's pages.
///
/// @param subject  `sub` of our own tokens: the owner of connections
/// @param username for the person to read
/// @param csrf     what every form of the session sends back in the field `csrf`: derived from the cookie,
///                 which no other site can read
public record Session(String subject, String username, String csrf) {

    @Override
    public String toString() {
        return "Session[" + subject + "]";
    }
}
