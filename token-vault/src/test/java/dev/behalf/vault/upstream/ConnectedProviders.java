package dev.behalf.vault.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.kernel.secret.Secret;
import dev.behalf.testkit.FakeOAuthProvider;
import dev.behalf.testkit.FakeOAuthProvider.Habits;
import dev.behalf.testkit.FakeOpenIdProvider;
import dev.behalf.vault.RunningVault;
import dev.behalf.vault.provider.Catalogue;
import dev.behalf.vault.provider.OAuthProvider;
import dev.behalf.vault.provider.Provider;
import dev.behalf.vault.provider.ProviderId;
import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A vault, and fakes of providers that it may call, each set up under a name of its own.
final class ConnectedProviders implements AutoCloseable {

    static final URI REDIRECT = URI.create("https://vault.example.com/callback?from=here");
    static final String VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

    private final List<FakeOAuthProvider> fakes = new ArrayList<>();
    private final Map<Habits, List<FakeOAuthProvider>> ready = new LinkedHashMap<>();
    final RunningVault vault;

    /// @param each how many of each kind there may be
    ConnectedProviders(int each) {
        for (var habits : Habits.values()) {
            var kind = new ArrayList<FakeOAuthProvider>();
            for (int i = 0; i < each; i++) {
                kind.add(new FakeOAuthProvider(habits));
            }
            ready.put(habits, kind);
            fakes.addAll(kind);
        }
        vault = RunningVault.start(Map.of(
                "behalf.outbound.allow",
                fakes.stream().map(FakeOAuthProvider::host).toList(),
                "behalf.vault.upstream.failures", // each test asks again, however the one before was answered
                10_000));
    }

    /// A fake that no other test uses.
    FakeOAuthProvider fake(Habits habits) {
        return Objects.requireNonNull(ready.get(habits)).removeLast();
    }

    /// Sets the fake up as an operator does.
    ///
    /// @param changes what differs from the built-in
    Provider set(FakeOAuthProvider fake, String base, Map<String, ?> changes) {
        var name = base + "-" + fake.host().substring(10);
        var definition = fake.definition(base);
        changes.forEach((field, change) -> definition.merge(field, change, ConnectedProviders::merged));
        var reply = vault.put("/api/v1/providers/" + name, definition);
        assertThat(reply.statusCode()).as(reply.body()).isEqualTo(201);
        return Objects.requireNonNull(
                vault.bean(Catalogue.class).find(new ProviderId(name)).block());
    }

    OAuthProvider oauth(FakeOAuthProvider fake, String base) {
        return (OAuthProvider) set(fake, base, Map.of());
    }

    private static Object merged(Object one, Object other) {
        if (one instanceof Map<?, ?> base && other instanceof Map<?, ?> more) {
            var all = new LinkedHashMap<Object, @Nullable Object>(base);
            all.putAll(more);
            return all;
        }
        return other;
    }

    Upstream upstream() {
        return vault.bean(Upstream.class);
    }

    static AuthorizationParameters parameters(Set<String> scopes) {
        return new AuthorizationParameters(
                "the state", AuthorizationParameters.challenge(VERIFIER), REDIRECT, scopes, false, Map.of());
    }

    /// The code with which the browser comes back.
    String code(FakeOAuthProvider fake, OAuthProvider provider, Set<String> scopes) {
        var back = fake.authorize(upstream().authorizationUrl(provider, parameters(scopes)));
        var query = FakeOpenIdProvider.parameters(back.getRawQuery());
        assertThat(query).containsEntry("state", "the state").containsEntry("from", "here");
        return Objects.requireNonNull(query.get("code"));
    }

    TokenOutcome redeem(OAuthProvider provider, String code) {
        return Objects.requireNonNull(
                upstream().redeem(provider, code, VERIFIER, REDIRECT).block());
    }

    TokenSet connect(FakeOAuthProvider fake, OAuthProvider provider, Set<String> scopes) {
        return given(redeem(provider, code(fake, provider, scopes)));
    }

    TokenOutcome refresh(OAuthProvider provider, Secret token) {
        return Objects.requireNonNull(upstream().refresh(provider, token).block());
    }

    static TokenSet given(TokenOutcome outcome) {
        assertThat(outcome).isInstanceOf(TokenOutcome.Given.class);
        return ((TokenOutcome.Given) outcome).tokens();
    }

    static Secret refreshToken(TokenSet tokens) {
        return Objects.requireNonNull(tokens.refreshToken());
    }

    @Override
    public void close() {
        vault.close();
        fakes.forEach(FakeOAuthProvider::close);
    }
}
