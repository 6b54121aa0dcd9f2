package dev.behalf.authz.page;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Asks whether an agent may act for the person.
///
/// @param action         where the answer is posted: the path and query of the authorization request
/// @param csrf           goes back in the field `csrf`
/// @param username       who is signed in
/// @param agent          the name that the client gives itself, or its id
/// @param host           the host that proved to stand behind the client, or null
/// @param selfRegistered nobody checked the client: anybody could have registered that name
/// @param redirectHost   where the answer goes; for a scheme of an app's own, that scheme
/// @param toThisComputer the answer goes to a program on the person's own computer
/// @param requestedActor the agent that will act, when it is another than the client
/// @param resources      what it can be used at, in words
/// @param scopes         what is asked for; each ticked one goes back as a field `scope`
/// @param lifetimes      how long it may last: each goes back as a field `lifetime` in seconds; the first is chosen
public record ConsentView(
        String action,
        String csrf,
        String username,
        String agent,
        @Nullable String host,
        boolean selfRegistered,
        String redirectHost,
        boolean toThisComputer,
        @Nullable String requestedActor,
        List<String> resources,
        List<ScopeChoice> scopes,
        List<Duration> lifetimes)
        implements View {

    /// One scope to allow.
    ///
    /// @param title    in words, in the person's language
    /// @param granted  it was allowed before
    /// @param optional the client can live without it
    public record ScopeChoice(String name, String title, String description, boolean granted, boolean optional) {}

    public ConsentView {
        resources = List.copyOf(resources);
        scopes = List.copyOf(scopes);
        lifetimes = List.copyOf(lifetimes);
    }
}
