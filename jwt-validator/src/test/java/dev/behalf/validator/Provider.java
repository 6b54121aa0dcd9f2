package dev.behalf.validator;

import dev.behalf.kernel.provider.ProviderState;
import dev.behalf.testkit.FakeIdentityProvider;
import java.util.List;

/// An identity provider as an operator would register it: audience `api`, the user named by `email`.
public record Provider(
        String name,
        String host,
        String issuer,
        List<String> aliases,
        String jwksUri,
        List<String> audiences,
        List<String> algorithms,
        String claim,
        List<String> domains) {

    public static Provider of(String name, FakeIdentityProvider idp) {
        return new Provider(
                name,
                name + ".example.com",
                idp.issuer(),
                List.of(),
                idp.jwksUri(),
                List.of("api"),
                List.of(),
                "email",
                List.of());
    }

    public Provider host(String value) {
        return new Provider(name, value, issuer, aliases, jwksUri, audiences, algorithms, claim, domains);
    }

    public Provider issuer(String value) {
        return new Provider(name, host, value, aliases, jwksUri, audiences, algorithms, claim, domains);
    }

    public Provider aliases(String... values) {
        return new Provider(name, host, issuer, List.of(values), jwksUri, audiences, algorithms, claim, domains);
    }

    public Provider jwksUri(String value) {
        return new Provider(name, host, issuer, aliases, value, audiences, algorithms, claim, domains);
    }

    public Provider audiences(String... values) {
        return new Provider(name, host, issuer, aliases, jwksUri, List.of(values), algorithms, claim, domains);
    }

    public Provider anyAudience() {
        return new Provider(name, host, issuer, aliases, jwksUri, List.of(), algorithms, claim, domains);
    }

    public Provider algorithms(String... values) {
        return new Provider(name, host, issuer, aliases, jwksUri, audiences, List.of(values), claim, domains);
    }

    public Provider claim(String value) {
        return new Provider(name, host, issuer, aliases, jwksUri, audiences, algorithms, value, domains);
    }

    public Provider domains(String... values) {
        return new Provider(name, host, issuer, aliases, jwksUri, audiences, algorithms, claim, List.of(values));
    }

    public ProviderState at(long revision) {
        return new ProviderState(
                "default", name, revision, host, issuer, aliases, jwksUri, audiences, algorithms, claim, domains);
    }
}
