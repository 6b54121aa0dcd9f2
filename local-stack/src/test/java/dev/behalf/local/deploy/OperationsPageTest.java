package dev.behalf.local.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// `docs/operations.md` says of settings and ports what the code says.
class OperationsPageTest {

    private static final String PAGE = Checkout.text(Checkout.path("docs/operations.md"));
    private static final Pattern SETTING = Pattern.compile("(?m)^\\| `(behalf\\.[^`]+)` \\| ([^|]*?) ?\\|");

    @Test
    void everySettingThatServicesShareIsThereWithItsDefault() {
        assertDocumented("Every service", Suite.of("idp-registry").defaults(true));
    }

    @ParameterizedTest
    @ValueSource(strings = {"authz-server", "idp-registry", "jwt-validator", "token-vault", "api-gateway"})
    void everySettingOfAServiceIsThereWithItsDefault(String service) {
        var defaults = Suite.of(service).defaults(false);
        if (service.equals("authz-server")) {
            defaults.put("behalf.authz.clients.<id>.secret", "");
            defaults.put("behalf.authz.sign-in.providers.<name>.…", "");
        }
        assertDocumented(service, defaults);
    }

    @Test
    void thePortsAreTheRightOnes() {
        for (var suite : Suite.SERVICES) {
            assertThat(PAGE)
                    .contains("| `%s` | %d | %d |".formatted(suite.name(), suite.port(), suite.managementPort()));
        }
    }

    private static void assertDocumented(String section, Map<String, String> defaults) {
        var documented = documented(section);
        assertThat(documented.keySet()).as(section).isEqualTo(defaults.keySet());
        defaults.forEach((setting, value) -> {
            // A default stands in back-ticks; prose beside a setting is none.
            if (value.isEmpty()) {
                assertThat(documented.get(setting)).as(setting).doesNotMatch("`[^`]*`");
            } else {
                assertThat(documented.get(setting)).as(setting).isEqualTo("`" + value + "`");
            }
        });
    }

    private static Map<String, String> documented(String section) {
        int from = PAGE.indexOf("\n### " + section + "\n");
        assertThat(from).as(section).isPositive();
        int to = PAGE.indexOf("\n##", from + 1);
        var rows = new TreeMap<String, String>();
        var matcher = SETTING.matcher(PAGE.substring(from, to));
        while (matcher.find()) {
            assertThat(rows.put(matcher.group(1), matcher.group(2).strip()))
                    .as("%s twice", matcher.group(1))
                    .isNull();
        }
        return rows;
    }
}
