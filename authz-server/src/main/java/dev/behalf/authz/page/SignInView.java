package dev.behalf.authz.page;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// Asks who the person is.
///
/// @param action     where the answer is posted: `username`, `password`, and `csrf`
/// @param csrf       goes back in the field `csrf`
/// @param username   who is expected, or empty
/// @param again      they are signed in and must prove it again
/// @param other      where somebody else can sign in, when somebody is expected; or null
/// @param providers  through which they can sign in as well: `POST` [Provider#action] with `csrf`
/// @param error      a key of the messages, or null
public record SignInView(
        String action,
        String csrf,
        String username,
        boolean again,
        @Nullable String other,
        List<Provider> providers,
        @Nullable String error)
        implements View {

    /// A registered identity provider.
    public record Provider(String title, String action) {}

    public SignInView {
        providers = List.copyOf(providers);
    }
}
