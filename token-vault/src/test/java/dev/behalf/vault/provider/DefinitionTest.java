package dev.behalf.vault.provider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.outbound.OutboundPolicy;
import dev.behalf.kernel.service.Documents;
import dev.behalf.testkit.ApiDocument;
import io.micronaut.core.io.ResourceResolver;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/// Definitions, held against the schema and against the reader.
class DefinitionTest {

    private static final ResourceResolver RESOURCES = new ResourceResolver();
    private static final BuiltIns BUILT_INS = new BuiltIns(RESOURCES);
    private static final ProviderId ID = new ProviderId("some");
    private static final String SCHEMA = text("token-vault/provider.schema.json");

    private static final Map<String, Object> OAUTH = Map.of(
            "kind",
            "oauth",
            "displayName",
            "Some",
            "client",
            Map.of("id", "c"),
            "authorization",
            Map.of("url", "https://example.com/a"),
            "token",
            Map.of("url", "https://example.com/t"));

    static List<String> builtIns() {
        return BuiltIns.NAMES;
    }

    private static String text(String resource) {
        return new String(Documents.read(RESOURCES, resource), StandardCharsets.UTF_8);
    }

    private static Provider read(Map<String, @Nullable Object> definition) {
        return Definition.read(ID, ProviderTable.NEW, BUILT_INS.complete(ID, definition), OutboundPolicy.PUBLIC_ONLY);
    }

    /// A definition with a value at that path, which is made of objects.
    private static Map<String, @Nullable Object> with(Map<String, ?> definition, String path, @Nullable Object value) {
        var names = path.split("/");
        var changes = new LinkedHashMap<String, @Nullable Object>();
        changes.put(names[names.length - 1], value);
        for (int i = names.length - 2; i >= 0; i--) {
            var outer = new LinkedHashMap<String, @Nullable Object>();
            outer.put(names[i], changes);
            changes = outer;
        }
        return Definition.merge(new LinkedHashMap<String, @Nullable Object>(definition), changes);
    }

    @ParameterizedTest
    @MethodSource("builtIns")
    void everyBuiltInIsAsTheSchemaSays(String name) {
        var definition = BuiltIns.yaml(text("token-vault/providers/" + name + ".yaml"));

        assertThat(ApiDocument.schemaFaults(SCHEMA, Json.text(definition))).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("builtIns")
    void everyBuiltInIsAProviderOnceTheOperatorHasCompletedIt(String name) {
        Map<String, Object> changes = switch (name) {
            case "api-key", "kaggle-token" -> Map.of();
            case "oidc" ->
                Map.of(
                        "client",
                        Map.of("id", "c"),
                        "authorization",
                        Map.of("url", "https://example.com/a"),
                        "token",
                        Map.of("url", "https://example.com/t"),
                        "account",
                        Map.of("requests", Map.of("userinfo", Map.of("url", "https://example.com/u"))));
            default -> Map.of("client", Map.of("id", "c"));
        };

        var provider = read(with(changes, "extends", name));

        assertThat(provider.id()).isEqualTo(ID);
        assertThat(provider instanceof ApiKeyProvider).isEqualTo(name.equals("api-key") || name.equals("kaggle-token"));
    }

    @Test
    void whatTheSchemaNamesTheReaderReads() {
        var paths = new ArrayList<String>();
        collect(Json.readObject(SCHEMA), "", paths);
        paths.removeIf(path -> Set.of("extends", "generic", "client/secret", "client/secretFile")
                .contains(path));
        paths.removeIf(path -> path.startsWith("discover")); // read before the rest: see DiscoveryTest
        assertThat(paths).hasSizeGreaterThan(50);

        for (var path : paths) {
            Map<String, ?> base = path.startsWith("credential")
                    ? Map.of("kind", "api-key", "displayName", "Some", "credential", Map.of("header", "X-Key"))
                    : OAUTH;
            var account = Map.of("url", "https://example.com/u", "id", "/id");
            Map<String, ?> whole = path.startsWith("account")
                    ? with(base, "account/requests/one", account)
                    : path.startsWith("revocation") ? with(base, "revocation/url", "https://example.com/r") : base;
            var definition = with(whole, path, List.of(Map.of()));

            assertThatThrownBy(() -> read(definition))
                    .as(path)
                    .isInstanceOf(InvalidProvider.class)
                    .hasMessageContaining(path.substring(path.lastIndexOf('/') + 1))
                    .hasMessageNotContaining("is no field");
            assertThat(ApiDocument.schemaFaults(SCHEMA, Json.text(definition)))
                    .as(path)
                    .isNotEmpty();
        }
    }

    private static void collect(Map<?, ?> schema, String prefix, List<String> paths) {
        if (!(schema.get("properties") instanceof Map<?, ?> properties)) {
            return;
        }
        properties.forEach((name, value) -> {
            var path = prefix.isEmpty() ? String.valueOf(name) : prefix + "/" + name;
            var inner = (Map<?, ?>) Objects.requireNonNull(value);
            paths.add(path);
            collect(inner, path, paths);
            if (inner.get("additionalProperties") instanceof Map<?, ?> each) {
                collect(each, path + "/one", paths);
            }
        });
    }

    @ParameterizedTest
    @CsvSource({
        "colour, red",
        "token/clientSecret, x",
        "authorization/URL, https://example.com",
        "account/requests/one/login, /login",
        "scopes/default, x",
        "credential/header, X-Key",
    })
    void aFieldThatIsNotKnownIsRefusedByNameAndByTheSchema(String path, String value) {
        var base = with(OAUTH, "account/requests/one", Map.of("url", "https://example.com/u", "id", "/id"));
        var definition = with(base, path, value);

        assertThatThrownBy(() -> read(definition))
                .isInstanceOf(InvalidProvider.class)
                .hasMessageContaining("is no field");
    }

    @ParameterizedTest
    @CsvSource({"kind", "displayName", "client", "authorization", "token"})
    void aFieldThatIsMissingIsRefused(String name) {
        var definition = with(OAUTH, name, null);

        assertThatThrownBy(() -> read(definition))
                .isInstanceOf(InvalidProvider.class)
                .hasMessageContaining("is required");
    }

    @ParameterizedTest
    @CsvSource({
        "token/url, http://example.com/t",
        "token/url, https://127.0.0.1/t",
        "token/url, https://169.254.169.254/latest",
        "token/url, https://user@example.com/t",
        "token/url, ftp://example.com",
        "authorization/url, javascript:alert(1)",
        "iconUrl, http://example.com/icon.png",
        "token/refreshUrl, http://10.0.0.1/",
        "revocation/url, https://{client_id}.example.com/",
        "revocation/url, https://example.com/{secret}",
        "token/authentication, BASIC",
        "token/bodyFormat, xml",
        "token/expiryIfUnsaid, forever",
        "token/expiryIfUnsaid, -PT1H",
        "token/tokensAt, authed_user",
        "token/headers/Authorization, Basic eA==",
        "token/headers/content-length, 3",
        "token/headers/X-Y, ä",
        "authorization/parameters/state, fixed",
        "authorization/parameters/redirect_uri, https://evil.example",
        "authorization/incrementalParameters/scope, everything",
        "authorization/scopeSeparator, x",
        "issRequired, maybe",
        "kind, saml",
    })
    void aValueThatIsUnfitIsRefusedAndTheFieldIsNamed(String path, String value) {
        var definition = with(OAUTH, path, value);
        var names = path.split("/");

        assertThatThrownBy(() -> read(definition))
                .isInstanceOf(InvalidProvider.class)
                .hasMessageContaining(names[0]);
    }

    @Test
    void urlsThatTheOperatorAllowedMayBePlainAndPrivate() {
        var policy = new OutboundPolicy(List.of("127.0.0.1:9"));
        var definition = with(OAUTH, "token/url", "http://127.0.0.1:9/t");

        assertThat(Definition.read(ID, ProviderTable.NEW, definition, policy)).isInstanceOf(OAuthProvider.class);
        assertThatThrownBy(() -> Definition.read(
                        ID, ProviderTable.NEW, with(OAUTH, "token/url", "http://127.0.0.1:10/t"), policy))
                .isInstanceOf(InvalidProvider.class);
    }

    @Test
    void anExtensionChangesAndRemovesSingleFields() {
        var changes = new LinkedHashMap<String, @Nullable Object>();
        changes.put("extends", "github");
        changes.put("client", Map.of("id", "c"));
        changes.put("revocation", null);
        changes.put("scopes", Map.of("standard", List.of("repo")));

        var provider = (OAuthProvider) read(changes);

        assertThat(provider.revocation()).isNull();
        assertThat(provider.scopes().standard()).containsExactly("repo");
        assertThat(provider.token().secretRequired()).isTrue();
        assertThat(provider.token().errors().reconnect()).contains("bad_refresh_token");
        assertThatThrownBy(() -> read(Map.of("extends", "gitlab"))).hasMessageContaining("extends must be one of");
    }

    @Test
    void aGrantedScopeCoversThoseThatComeWithIt() {
        var github = ((OAuthProvider) read(Map.of("extends", "github", "client", Map.of("id", "c")))).scopes();
        var google = ((OAuthProvider) read(Map.of("extends", "google", "client", Map.of("id", "c")))).scopes();
        var notion = ((OAuthProvider) read(Map.of("extends", "notion", "client", Map.of("id", "c")))).scopes();

        assertThat(github.missing(Set.of("read:user", "read:org", "repo"), Set.of("user", "admin:org")))
                .containsExactly("repo");
        assertThat(github.missing(Set.of("user"), Set.of("read:user"))).containsExactly("user");
        assertThat(google.missing(
                        Set.of("email", "openid"), Set.of("https://www.googleapis.com/auth/userinfo.email", "openid")))
                .isEmpty();
        assertThat(notion.missing(Set.of("anything"), Set.of())).isEmpty();
    }

    @Test
    void aJsonPathFindsMembersElementsAndTheFirstThatFits() {
        var json = Json.read("{\"a/b\":[{\"p\":false,\"e\":1},{\"p\":true,\"e\":\"x\"}],\"n\":null,\"t\":\"\"}");

        assertThat(JsonPath.of("/a~1b/[p=true]/e").text(json)).isEqualTo("x");
        assertThat(JsonPath.of("/a~1b/0/e").text(json)).isEqualTo("1");
        assertThat(JsonPath.of("/a~1b/2/e").text(json)).isNull();
        assertThat(JsonPath.of("/a~1b/[p=maybe]/e").text(json)).isNull();
        assertThat(JsonPath.of("/n/x").text(json)).isNull();
        assertThat(JsonPath.of("/t").text(json)).isNull();
        assertThat(JsonPath.ROOT.in(json)).isSameAs(json);
    }
}
