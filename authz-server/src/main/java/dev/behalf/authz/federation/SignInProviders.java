package dev.behalf.authz.federation;

import dev.behalf.authz.page.PageError;
import dev.behalf.kernel.provider.ProviderFeed;
import dev.behalf.kernel.provider.ProviderState;
import io.micronaut.context.annotation.Context;
import io.micronaut.http.HttpStatus;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The providers through which people can sign in now: configured here and registered there.
@Context
final class SignInProviders {

    /// @param registered as the registry has it at this moment
    record Usable(SignInProvider provider, ProviderState registered) {}

    private final List<SignInProvider> configured;
    private final @Nullable ProviderFeed feed;

    SignInProviders(List<SignInProvider> configured, @Nullable ProviderFeed feed) {
        this.configured = configured.stream()
                .sorted(Comparator.comparing(SignInProvider::name))
                .toList();
        this.feed = feed;
        if (!configured.isEmpty() && feed == null) {
            throw new IllegalArgumentException(
                    "behalf.authz.sign-in.providers needs behalf.providers.registry: providers must be registered");
        }
    }

    List<SignInProvider> usable() {
        return configured.stream()
                .filter(provider -> registered(provider).isPresent())
                .toList();
    }

    /// @throws PageError 404 when there is none of that name, or its issuer is not registered, or is no longer
    Usable require(String name) {
        return configured.stream()
                .filter(provider -> provider.name().equals(name))
                .findFirst()
                .flatMap(provider -> registered(provider).map(state -> new Usable(provider, state)))
                .orElseThrow(() -> PageError.of(HttpStatus.NOT_FOUND, "error.federation.unknown"));
    }

    /// Registered for several hosts, an issuer counts as the first of them has it.
    private Optional<ProviderState> registered(SignInProvider provider) {
        return feed == null
                ? Optional.empty()
                : feed.now().all().stream()
                        .filter(state -> state.issuer().equals(provider.issuer()))
                        .min(Comparator.comparing(ProviderState::key));
    }
}
