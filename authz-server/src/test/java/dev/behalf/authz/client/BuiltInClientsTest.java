package dev.behalf.authz.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.behalf.kernel.oauth.OAuthSettings;
import io.micronaut.context.ApplicationContext;
import io.micronaut.context.env.PropertySource;
import io.micronaut.context.env.PropertySource.PropertyConvention;
import java.net.URI;
import java.util.Map;
import java.util.stream.Stream;
import org.assertj.core.api.Condition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The settings of clients, as a container gets them and as a file has them.
class BuiltInClientsTest {

    private static final String SECRET = "a-client-secret-that-is-long-enough-for-all";

    static Stream<Map<String, Object>> spellings() {
        return Stream.of(
                Map.of("BEHALF_AUTHZ_CLIENTS_API_GATEWAY_SECRET", SECRET),
                Map.of("behalf.authz.clients.api-gateway.secret", SECRET));
    }

    @ParameterizedTest
    @MethodSource("spellings")
    void aClientIsWhoItsSettingNames(Map<String, Object> settings) {
        var clients = clients(settings);

        assertThat(clients.byId())
                .containsOnlyKeys("api-gateway")
                .hasValueSatisfying(new Condition<>(
                        client -> client.hasSecret(SECRET) && !client.hasSecret(SECRET + "x"),
                        "the secret of the setting"));
    }

    @Test
    void theVariableThatNamesTheFileOfASecretIsNoClient() {
        var clients = clients(Map.of(
                "BEHALF_AUTHZ_CLIENTS_IDP_REGISTRY_SECRET",
                SECRET,
                "BEHALF_AUTHZ_CLIENTS_IDP_REGISTRY_SECRET_FILE",
                "/run/secrets/client-idp-registry"));

        assertThat(clients.byId()).containsOnlyKeys("idp-registry");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "BEHALF_AUTHZ_CLIENTS_API_GATEWAI_SECRET",
                "BEHALF_AUTHZ_CLIENTS_API_SECRET",
                "BEHALF_AUTHZ_CLIENTS_OPERATOR_SECRETS",
                "BEHALF_AUTHZ_CLIENTS_SOMEBODY_SECRET_FILE",
                "behalf.authz.clients.somebody.secret"
            })
    void aClientWithoutARoleIsRefused(String setting) {
        assertThatThrownBy(() -> clients(Map.of(setting, SECRET))).hasMessageContaining(" has no role in the suite");
    }

    @Test
    void aShortSecretIsRefusedAndNotPrinted() {
        assertThatThrownBy(() -> clients(Map.of("behalf.authz.clients.operator.secret", "too-short")))
                .hasMessageContaining("behalf.authz.clients.operator.secret must have at least 32 characters")
                .hasMessageNotContaining("too-short");
    }

    private static BuiltInClients clients(Map<String, Object> settings) {
        boolean variables = settings.keySet().stream().allMatch(name -> name.startsWith("BEHALF_"));
        var context = ApplicationContext.builder()
                .deduceEnvironment(false)
                .propertySources(PropertySource.of(
                        "test",
                        settings,
                        variables ? PropertyConvention.ENVIRONMENT_VARIABLE : PropertyConvention.JAVA_PROPERTIES,
                        PropertySource.Origin.of("test")))
                .build();
        return new BuiltInClients(
                context.getEnvironment().start(),
                new OAuthSettings("http://behalf.test", URI.create("http://127.0.0.1:1"), null, null, "authz-server"));
    }
}
