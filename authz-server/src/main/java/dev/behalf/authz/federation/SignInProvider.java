package dev.behalf.authz.federation;

import dev.behalf.kernel.secret.Secret;
import io.micronaut.context.annotation.EachProperty;
import io.micronaut.context.annotation.Parameter;
import org.jspecify.annotations.Nullable;

/// An identity provider through which people may sign in: `behalf.authz.sign-in.providers.<name>`. Its issuer
/// must be registered with idp-registry as well: what is not, or no longer, lets nobody in.
///
/// @param name         in the callback URL: `<issuer of ours>/login/callback/<name>`
/// @param issuer       as registered
/// @param clientId     the client that we are there
/// @param clientSecret its secret, or null for a public client; never printed
/// @param title        what the button says; by default the name
@EachProperty("behalf.authz.sign-in.providers")
record SignInProvider(
        @Parameter String name,
        String issuer,
        String clientId,
        @Nullable String clientSecret,
        @Nullable String title) {

    SignInProvider {
        if (!name.matches("[a-z0-9-]{1,40}")) {
            throw new IllegalArgumentException(
                    "behalf.authz.sign-in.providers." + name + " must have a name of a-z, 0-9 and -");
        }
        if (issuer.isBlank() || clientId.isBlank()) {
            throw new IllegalArgumentException(
                    "behalf.authz.sign-in.providers." + name + " must have an issuer and a client-id");
        }
    }

    /// For people.
    String label() {
        return title == null || title.isBlank() ? name : title;
    }

    @Nullable
    Secret secret() {
        return clientSecret == null || clientSecret.isBlank() ? null : Secret.of(clientSecret);
    }

    @Override
    public String toString() {
        return "SignInProvider[" + name + ", " + issuer + "]";
    }
}
