package dev.behalf.kernel.access;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/// The endpoint takes one of our own access tokens, restricted to this service, with this scope.
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.METHOD, ElementType.TYPE})
public @interface RequiresScope {
    /// The scope, such as [dev.behalf.kernel.oauth.Scope#PROVIDERS_READ].
    String value();
}
