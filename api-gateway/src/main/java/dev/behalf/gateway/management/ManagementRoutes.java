package dev.behalf.gateway.management;

import dev.behalf.gateway.GatewaySettings;
import dev.behalf.gateway.route.Access;
import dev.behalf.gateway.route.InFlight;
import dev.behalf.gateway.route.Route;
import dev.behalf.gateway.route.Upstream;
import dev.behalf.gateway.vault.VaultSettings;
import dev.behalf.kernel.oauth.Audience;
import dev.behalf.kernel.oauth.OAuthSettings;
import dev.behalf.kernel.provider.ProviderFeedSettings;
import jakarta.inject.Singleton;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Which management path is whose.
@Singleton
public final class ManagementRoutes {

    /// A management path.
    ///
    /// @param audience of the token that the credential is exchanged for; null: the service lets anybody in
    public record Target(Route route, @Nullable String audience) {}

    private record Rule(Pattern path, Target target) {}

    private static final long MAX_BODY = 1 << 20;
    private static final int MAX_REQUESTS = 1_000;

    private final Set<String> hosts;
    private final List<Rule> rules;

    /// Pages and endpoints of the authorization server that everybody may ask: it judges them itself.
    private static final Pattern PUBLIC =
            Pattern.compile("/oauth/(authorize(/.*)?|token|par|revoke|introspect|userinfo|register(/[^/]+)?)|/jwks"
                    + "|/login(/.*)?|/logout|/account(/.*)?|/assets/[^/]+"
                    + "|(/[^/]+)?/\\.well-known/(oauth-authorization-server|openid-configuration"
                    + "|oauth-protected-resource|ucap\\.json)(/.*)?");

    ManagementRoutes(
            GatewaySettings settings, VaultSettings vault, OAuthSettings oauth, ProviderFeedSettings providers) {
        this.hosts = settings.allManagementHosts();
        var registry = new Target(route(providers.registry(), true), Audience.IDP_REGISTRY);
        var authz = new Target(route(oauth.server(), true), Audience.AUTHZ_SERVER);
        var open = new Target(route(oauth.server(), false), null);
        var rules = new ArrayList<Rule>();
        rules.add(new Rule(Pattern.compile("/api(/v1(/workspaces/[^/]+)?)?/identity-providers(/.*)?"), registry));
        rules.add(new Rule(Pattern.compile("/api(/v1)?/identity-provider-events"), registry));
        rules.add(new Rule(Pattern.compile("/auth/api-keys(/.*)?|/api/v1/(clients|users|grants|keys)(/.*)?"), authz));
        rules.add(new Rule(PUBLIC, open));
        if (vault.url() != null) {
            rules.add(new Rule(
                    Pattern.compile("/api/v1/(connections|providers|vault|audit|identity/oauth)(/.*)?"),
                    new Target(route(vault.url(), true), Audience.TOKEN_VAULT)));
            rules.add(new Rule(Pattern.compile("/connections(/.*)?"), new Target(route(vault.url(), false), null)));
        }
        this.rules = List.copyOf(rules);
    }

    /// Whether the management APIs answer at that host.
    public boolean isManagement(String host) {
        return hosts.contains(host);
    }

    /// Whose path it is, or null.
    public @Nullable Target find(String path) {
        for (var rule : rules) {
            if (rule.path.matcher(path).matches()) {
                return rule.target;
            }
        }
        return null;
    }

    private static Route route(URI service, boolean stripCookies) {
        int port = service.getPort() < 0 ? 80 : service.getPort();
        return new Route(
                "",
                "/",
                new Upstream(service.getHost(), port, service.getRawAuthority()),
                Access.OPEN,
                true,
                stripCookies,
                false,
                Duration.ofSeconds(2),
                Duration.ofSeconds(30),
                Duration.ofSeconds(60),
                MAX_BODY,
                MAX_REQUESTS,
                null,
                null,
                new InFlight());
    }
}
