package dev.behalf.authz.session;

import io.micronaut.http.HttpRequest;
import jakarta.inject.Singleton;
import reactor.core.publisher.Mono;

/// Finds sessions by their cookie.
@Singleton
public final class Sessions {

    /// The session of the browser, if somebody is signed in whose account is not disabled.
    public Mono<Session> of(HttpRequest<?> request) {
        return Mono.error(() -> new UnsupportedOperationException(request.getPath()));
    }

    /// What a form of that session must send back as `csrf`.
    public String csrf(Session session) {
        return session.id();
    }

    /// Whether a form that came back is one of that session's, sent from our own pages.
    public boolean isOwnForm(HttpRequest<?> request, Session session, String csrf) {
        return csrf(session).equals(csrf);
    }

    /// Notes that the sign-in for [Session#signedInFor] has been used up.
    public Mono<Void> useUpSignIn(Session session) {
        return Mono.error(() -> new UnsupportedOperationException(session.id()));
    }
}
