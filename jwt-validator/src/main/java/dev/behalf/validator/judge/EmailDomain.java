package dev.behalf.validator.judge;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// `allowedDomains`: the user's e-mail address must be of one of them, exactly.
final class EmailDomain {

    private static final String NOT_ALLOWED = "email domain is not allowed";

    private EmailDomain() {}

    /// See [dev.behalf.kernel.provider.EmailDomain#isAllowed].
    ///
    /// @throws Refusal 403 when the user is not of one of the domains
    static void check(Map<String, @Nullable Object> claims, String userId, List<String> allowed) {
        if (!dev.behalf.kernel.provider.EmailDomain.isAllowed(claims, userId, allowed)) {
            throw Refusal.forbidden(NOT_ALLOWED);
        }
    }
}
