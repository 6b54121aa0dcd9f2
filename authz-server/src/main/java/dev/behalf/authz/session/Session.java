package dev.behalf.authz.session;

import dev.behalf.authz.account.Account;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// A browser in which somebody is signed in.
///
/// @param id          names the session in the database; the cookie's value is another, of which only a digest is kept
/// @param authTime    when the person last proved who they are: `auth_time` (OpenID Connect Core §2)
/// @param method      how: `pwd`, or `fed` for a registered identity provider
/// @param signedInFor the page that they last signed in for, as given to [dev.behalf.authz.login.SignIn]; null when
///                    it was used up or there was none
/// @param csrf        see [Sessions#csrf]
public record Session(
        String id,
        Account account,
        Instant authTime,
        String method,
        @Nullable String signedInFor,
        String csrf) {

    /// By password.
    public static final String PASSWORD = "pwd";

    /// Through a registered identity provider.
    public static final String FEDERATED = "fed";

    @Override
    public String toString() {
        return "Session[" + id + "]";
    }
}
