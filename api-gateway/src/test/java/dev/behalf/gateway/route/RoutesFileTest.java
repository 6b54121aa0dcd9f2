package dev.behalf.gateway.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// A routes file is understood whole or not at all.
class RoutesFileTest {

    private static final String GOOD = "host: a.example, upstream: \"http://127.0.0.1:9000\", access: user";

    @Test
    void everyMemberIsRead() {
        var route = only("""
                routes:
                  - host: A.example
                    path: /agents/
                    upstream: http://127.0.0.1:9000
                    access: user
                    strip-authorization: false
                    strip-cookies: true
                    upgrades: false
                    timeouts: {connect: 500ms, response: 2m, idle: 1h}
                    limits: {body: 10MiB, requests: 7}
                """);

        assertThat(route.host()).isEqualTo("a.example");
        assertThat(route.path()).isEqualTo("/agents/");
        assertThat(route.upstream()).isEqualTo(new Upstream("127.0.0.1", 9000, "127.0.0.1:9000"));
        assertThat(route.access()).isEqualTo(Access.USER);
        assertThat(route.stripAuthorization()).isFalse();
        assertThat(route.stripCookies()).isTrue();
        assertThat(route.upgrades()).isFalse();
        assertThat(route.connectTimeout()).isEqualTo(Duration.ofMillis(500));
        assertThat(route.responseTimeout()).isEqualTo(Duration.ofMinutes(2));
        assertThat(route.idleTimeout()).isEqualTo(Duration.ofHours(1));
        assertThat(route.maxBodyBytes()).isEqualTo(10L << 20);
        assertThat(route.maxRequests()).isEqualTo(7);
    }

    @Test
    void whatIsNotSaidIsSafe() {
        var route = only("routes: [{" + GOOD + "}]");

        assertThat(route.path()).isEqualTo("/");
        assertThat(route.stripAuthorization()).isTrue();
        assertThat(route.maxRequests()).isPositive();
        assertThat(route.maxBodyBytes()).isPositive();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "routes: [{HOST, acess: open}]|acess",
                "routes: [{host: a.example, upstream: \"http://u\"}]|routes[0].access is required",
                "routes: [{host: a.example, upstream: \"http://u\", access: Open}]|open or user",
                "routes: [{host: a.example, upstream: \"http://u\", access: yes}]|access is required",
                "routes: [{host: a.example, access: open}]|upstream is required",
                "routes: [{upstream: \"http://u\", access: open}]|host is required",
                "routes: [{host: a.example, upstream: \"https://u\", access: open}]|http://host:port",
                "routes: [{host: a.example, upstream: \"http://u/path\", access: open}]|without a path",
                "routes: [{host: a.example, upstream: \"http://user@u\", access: open}]|without a path",
                "routes: [{host: a.example, upstream: \"file:///etc\", access: open}]|http://host:port",
                "routes: [{host: \"a b\", upstream: \"http://u\", access: open}]|host name",
                "routes: [{host: \"*\", upstream: \"http://u\", access: open}]|host name",
                "routes: [{host: \"a.*.example\", upstream: \"http://u\", access: open}]|host name",
                "routes: [{host: \"a.example:80\", upstream: \"http://u\", access: open}]|host name",
                "routes: [{HOST, path: x}]|begins with /",
                "routes: [{HOST, path: /a//b}]|plain path",
                "routes: [{HOST, path: /a/../b}]|plain path",
                "routes: [{HOST, path: \"/a/..\"}]|plain path",
                "routes: [{HOST, path: \"/a/.\"}]|plain path",
                "routes: [{HOST, path: /a%2fb}]|plain path",
                "routes: [{HOST, path: \"/a?b\"}]|plain path",
                "routes: [{HOST, strip-authorization: maybe}]|true or false",
                "routes: [{HOST, strip-cookies: \"true\"}]|true or false",
                "routes: [{HOST, timeouts: {conect: 3s}}]|conect",
                "routes: [{HOST, timeouts: {connect: 3}}]|a time such as",
                "routes: [{HOST, timeouts: {connect: 0s}}]|a time such as",
                "routes: [{HOST, timeouts: {connect: -3s}}]|a time such as",
                "routes: [{HOST, timeouts: 3s}]|must be a mapping",
                "routes: [{HOST, limits: {body: big}}]|a size such as",
                "routes: [{HOST, limits: {body: -1}}]|a size such as",
                "routes: [{HOST, limits: {requests: 0}}]|above 0",
                "routes: [{HOST, limits: {requests: many}}]|above 0",
                "routes: [{HOST, limits: {bodies: 1}}]|bodies",
                "routes: [{HOST, scopes: read}]|a list",
                "routes: [{HOST, scopes: [\"read manage\"]}]|a list",
                "routes: [{HOST, scopes: [1]}]|a list",
                "routes: [{HOST, resource: /mcp}]|absolute URI",
                "routes: [{HOST, resource: \"https://a.example/#x\"}]|absolute URI",
                "routes: [{host: a.example, upstream: \"http://u\", access: open, scopes: [read]}]|only access: user",
                "routes: [{HOST, inject: github}]|only a route with scopes or a resource",
                "routes: [{host: a.example, upstream: \"http://u\", access: open, inject: github}]|only a route with",
                "routes: [{HOST, scopes: [read], inject: }]|inject.provider is required",
                "routes: [{HOST, scopes: [read], inject: [github]}]|must be a mapping",
                "routes: [{HOST, scopes: [read], inject: GitHub}]|name of a provider",
                "routes: [{HOST, scopes: [read], inject: \"https://github.com\"}]|name of a provider",
                "routes: [{HOST, scopes: [read], inject: {scopes: [repo]}}]|inject.provider is required",
                "routes: [{HOST, scopes: [read], inject: {provider: github, scope: repo}}]|scope, which is not known",
                "routes: [{HOST, scopes: [read], inject: {provider: github, scopes: repo}}]|inject.scopes must be a list",
                "routes: [{HOST, scopes: [read], inject: {provider: github, header: X_Api_Key}}]|inject.header",
                "routes: [{HOST, scopes: [read], inject: {provider: github, header: \"X-Key: a\"}}]|inject.header",
                "routes: [{HOST, scopes: [read], inject: {provider: github, header: Host}}]|inject.header",
                "routes: [{HOST, scopes: [read], inject: {provider: github, header: cookie}}]|inject.header",
                "routes: [{HOST, scopes: [read], inject: {provider: github, header: Content-Length}}]|inject.header",
                "routes: [{HOST, scopes: [read], inject: {provider: github, header: X-End-User-ID}}]|inject.header",
                "routes: [{HOST, scopes: [read], inject: {provider: github, header: X-Forwarded-For}}]|inject.header",
                "routes: [{HOST, scopes: [read], inject: {provider: github, scheme: \"Bearer \"}}]|inject.scheme",
                "routes: [{HOST, scopes: [read], inject: {provider: github, scheme: 1}}]|inject.scheme",
                "routes: [{HOST, scopes: [read], strip-authorization: false, inject: github}]|strip-authorization",
                "routes: [{HOST}, {HOST}]|another route",
                "routes: [{HOST}, {HOST, path: /}]|another route",
                "routes: [text]|must be a mapping",
                "routes: text|must be a list",
                "routes: {}|must be a list",
                "route: []|route",
                "[]|must be a mapping",
                "text|must be a mapping",
                "routes: [|not YAML",
                "routes: []\\nroutes: []|not YAML",
                "routes: !!java.net.URL [http://x]|not YAML",
                "{routes: [{HOST, access: open}]}|not YAML",
            })
    void whatIsNotUnderstoodIsAFaultThatIsNamed(String yaml, String fault) {
        assertThatThrownBy(() -> RoutesFile.parse(
                        yaml.replace("HOST", GOOD).replace("\\n", "\n"), RouteTable.EMPTY, "http://behalf.test", true))
                .isInstanceOf(RoutesFile.Faulty.class)
                .hasMessageContaining(fault);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "# nothing yet\n", "routes: []", "routes:"})
    void aFileMayHaveNoRoutes(String yaml) {
        assertThat(RoutesFile.parse(yaml, RouteTable.EMPTY, "http://behalf.test", true)
                        .size())
                .isZero();
    }

    @Test
    void aRouteWithScopesOrAResourceIsAProtectedResource() {
        var scoped = Objects.requireNonNull(
                only("routes: [{" + GOOD + ", scopes: [read, manage]}]").protection());
        assertThat(scoped.resource()).isEqualTo("http://behalf.test", true);
        assertThat(scoped.scope()).isEqualTo("read manage");
        assertThat(scoped.isMetBy(Set.of("manage", "read", "other"))).isTrue();
        assertThat(scoped.isMetBy(Set.of("read"))).isFalse();

        var named = Objects.requireNonNull(only("routes: [{" + GOOD + ", resource: \"https://a.example/mcp\"}]")
                .protection());
        assertThat(named.resource()).isEqualTo("https://a.example/mcp");
        assertThat(named.scope()).isEmpty();
        assertThat(named.isMetBy(Set.of())).isTrue();

        assertThat(only("routes: [{" + GOOD + "}]").protection()).isNull();
    }

    @Test
    void aRouteSaysWhoseTokenIsInjectedAndWhere() {
        assertThat(injection("inject: github"))
                .isEqualTo(new Injection("github", Set.of(), "Authorization", "Bearer"))
                .isEqualTo(injection("inject: {provider: github}"));
        assertThat(injection("inject: {provider: github, scopes: [repo, user], scheme: token}"))
                .isEqualTo(new Injection("github", Set.of("repo", "user"), "Authorization", "token"));
        assertThat(injection("inject: {provider: keys, scheme: \"\"}"))
                .isEqualTo(new Injection("keys", Set.of(), "Authorization", ""));
        assertThat(injection("inject: {provider: keys, header: X-Api-Key}, strip-authorization: false"))
                .isEqualTo(new Injection("keys", Set.of(), "X-Api-Key", ""));
        assertThat(only("routes: [{" + GOOD + ", scopes: [read]}]").injection()).isNull();
    }

    @Test
    void withoutAVaultNothingCanBeInjected() {
        var yaml = "routes: [{" + GOOD + ", scopes: [read], inject: github}]";

        assertThatThrownBy(() -> RoutesFile.parse(yaml, RouteTable.EMPTY, "http://behalf.test", false))
                .isInstanceOf(RoutesFile.Faulty.class)
                .hasMessageContaining("behalf.vault.url");
    }

    private static Injection injection(String members) {
        return Objects.requireNonNull(only("routes: [{" + GOOD + ", scopes: [read], " + members + "}]")
                .injection());
    }

    @Test
    void anExactHostWinsOverAWildcardAndTheLongestPathWins() {
        var table = RoutesFile.parse("""
                routes:
                  - {host: "*.example", upstream: "http://wild", access: open}
                  - {host: "*.deep.example", upstream: "http://deep", access: open}
                  - {host: a.example, upstream: "http://root", access: open}
                  - {host: a.example, path: /x, upstream: "http://x", access: open}
                  - {host: a.example, path: /x/y, upstream: "http://xy", access: open}
                  - {host: c.example, path: /only, upstream: "http://only", access: open}
                """, RouteTable.EMPTY, "http://behalf.test", true);

        assertThat(upstream(table, "a.example", "/")).isEqualTo("root");
        assertThat(upstream(table, "a.example", "/x")).isEqualTo("x");
        assertThat(upstream(table, "a.example", "/x/z")).isEqualTo("x");
        assertThat(upstream(table, "a.example", "/xy")).isEqualTo("root");
        assertThat(upstream(table, "a.example", "/x/y/z")).isEqualTo("xy");
        assertThat(upstream(table, "b.example", "/x")).isEqualTo("wild");
        assertThat(upstream(table, "b.deep.example", "/x")).isEqualTo("deep");
        assertThat(upstream(table, "c.b.deep.example", "/x")).isEqualTo("deep");
        assertThat(table.find("c.example", "/other")).isNull();
        assertThat(table.find("example", "/")).isNull();
        assertThat(table.findNamed("b.example", "/")).isNull();
        assertThat(table.findNamed("a.example", "/")).isNotNull();
    }

    private static String upstream(RouteTable table, String host, String path) {
        return Objects.requireNonNull(table.find(host, path)).upstream().host();
    }

    private static Route only(String yaml) {
        return Objects.requireNonNull(RoutesFile.parse(yaml, RouteTable.EMPTY, "http://behalf.test", true)
                .find("a.example", "/agents/"));
    }
}
