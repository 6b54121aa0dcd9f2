package dev.behalf.validator;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SpecVersion;
import dev.behalf.testkit.FakeIdentityProvider;
import io.micronaut.web.router.Router;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/// The served OpenAPI document and the service say the same.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OpenApiTest {

    private static final Set<String> METHODS = Set.of("get", "post", "put", "patch", "delete", "options");
    private static final String LOCATION = "urn:behalf:openapi";

    private final FakeIdentityProvider issuer = FakeIdentityProvider.start("https://issuer.example");
    private final RunningValidator validator = RunningValidator.start(issuer);
    private final ObjectMapper mapper = new ObjectMapper();
    private Map<String, Object> document = Map.of();
    private JsonSchemaFactory schemas = JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012);

    @BeforeAll
    void read() throws Exception {
        validator.register(Provider.of("google-oidc", issuer).host("portal.agents.example.com"));
        var reply = validator.get("/openapi.yaml");
        assertThat(reply.statusCode()).isEqualTo(200);
        assertThat(reply.headers().firstValue("Content-Type")).contains("application/yaml");
        document = object(new Yaml(new SafeConstructor(new LoaderOptions())).load(reply.body()));
        var json = mapper.writeValueAsString(document);
        schemas = JsonSchemaFactory.getInstance(
                SpecVersion.VersionFlag.V202012,
                builder -> builder.schemaLoaders(loaders -> loaders.schemas(Map.of(LOCATION, json))));
    }

    @AfterAll
    void stop() {
        validator.close();
        issuer.close();
    }

    @Test
    void everyRouteIsDocumentedAndNothingElse() {
        var routes = new TreeSet<String>();
        validator.context().getBean(Router.class).uriRoutes().forEach(route -> {
            var uri = route.getUriMatchTemplate().toString().replaceAll("\\{/?(\\w+)(:[^}]*)?}", "{$1}");
            boolean isManagement =
                    route.getAnnotationMetadata().hasStereotype("io.micronaut.management.endpoint.annotation.Endpoint");
            if (!isManagement && !route.getHttpMethodName().equals("HEAD")) {
                routes.add(route.getHttpMethodName() + " " + uri);
            }
        });
        var documented = new TreeSet<String>();
        object(document.get("paths"))
                .forEach((path, item) -> object(item).keySet().stream()
                        .filter(METHODS::contains)
                        .forEach(method -> documented.add(method.toUpperCase(Locale.ROOT) + " " + path)));

        assertThat(documented).isEqualTo(routes);
    }

    @Test
    void everyDocumentedPathAnswersWithADocumentedStatus() {
        object(document.get("paths"))
                .forEach((path, item) -> object(item).forEach((method, operation) -> {
                    if (METHODS.contains(method)) {
                        var uri = path.replace("{namespace}", "default")
                                .replace("{name}", "google-oidc")
                                .replace("{proxy}", "traefik")
                                .replace("{path}", "/agents/1");
                        var documented =
                                object(object(operation).get("responses")).keySet();
                        var good = validator.send(
                                method.toUpperCase(Locale.ROOT),
                                uri,
                                new byte[0],
                                "X-Forwarded-Host",
                                "portal.agents.example.com");
                        assertThat(documented).as(method + " " + path).contains(String.valueOf(good.statusCode()));
                        assertThat(good.statusCode()).isNotIn(404, 405);
                    }
                }));
    }

    @Test
    void everyExampleFitsItsSchema() throws Exception {
        int checked = 0;
        for (var content : contents()) {
            var examples = new ArrayList<Object>();
            if (content.get("example") != null) {
                examples.add(content.get("example"));
            }
            if (content.get("examples") != null) {
                object(content.get("examples"))
                        .values()
                        .forEach(example -> examples.add(object(example).get("value")));
            }
            for (var example : examples) {
                assertThat(faults(
                                String.valueOf(object(content.get("schema")).get("$ref")),
                                mapper.writeValueAsString(example)))
                        .as(String.valueOf(example))
                        .isEmpty();
                checked++;
            }
        }
        assertThat(checked).isGreaterThan(8);
    }

    @Test
    void anExampleThatDoesNotFitWouldBeNoticed() throws Exception {
        assertThat(faults("#/components/schemas/Verdict", "{\"outcome\":\"refused\",\"status\":500}"))
                .isNotEmpty();
    }

    @Test
    void whatIsAnsweredFitsTheDocument() throws Exception {
        var token = validator.token(issuer, "ann@example.com");
        var host = "portal.agents.example.com";
        for (var question : List.of(
                Map.of("token", token, "host", host),
                Map.of("token", token, "host", "nobody.example.com"),
                Map.of("token", token + "A", "host", host),
                Map.of("token", "x", "host", host))) {
            var verdict = validator
                    .post("/v1/verdicts", mapper.writeValueAsBytes(question), "Content-Type", "application/json")
                    .body();
            assertThat(faults("#/components/schemas/Question", mapper.writeValueAsString(question)))
                    .isEmpty();
            assertThat(faults("#/components/schemas/Verdict", verdict))
                    .as(verdict)
                    .isEmpty();
            var explanation = validator
                    .post("/v1/explanations", mapper.writeValueAsBytes(question), "Content-Type", "application/json")
                    .body();
            assertThat(faults("#/components/schemas/Explanation", explanation))
                    .as(explanation)
                    .isEmpty();
        }
        assertThat(faults(
                        "#/components/schemas/KeySetState",
                        validator.get("/v1/providers/default/google-oidc/keys").body()))
                .isEmpty();
        assertThat(faults(
                        "#/components/schemas/Problem",
                        validator.get("/v1/providers/default/nobody/keys").body()))
                .isEmpty();
    }

    private List<String> faults(String reference, String json) throws Exception {
        return schemas.getSchema(SchemaLocation.of(LOCATION + reference)).validate(mapper.readTree(json)).stream()
                .map(message -> message.getMessage())
                .toList();
    }

    /// Every media type object of the document that is not behind a reference, and those of the shared responses.
    private List<Map<String, Object>> contents() {
        var all = new ArrayList<Map<String, Object>>();
        collect(document, all);
        return all;
    }

    private static void collect(Object node, List<Map<String, Object>> all) {
        if (node instanceof List<?> list) {
            list.forEach(item -> collect(item, all));
        } else if (node instanceof Map<?, ?> map) {
            map.forEach((name, value) -> {
                if (name.equals("content")) {
                    object(value).values().forEach(content -> all.add(object(content)));
                }
                collect(value, all);
            });
        }
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> object(@org.jspecify.annotations.Nullable Object value) {
        return (Map<String, Object>) java.util.Objects.requireNonNull(value);
    }
}
