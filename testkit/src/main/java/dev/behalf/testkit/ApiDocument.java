package dev.behalf.testkit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import io.micronaut.context.BeanContext;
import io.micronaut.web.router.Router;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// An OpenAPI 3.1 or AsyncAPI 3.0 document, held against what it describes.
public final class ApiDocument {

    private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Set<String> METHODS = Set.of("get", "post", "put", "patch", "delete", "head", "options");

    private final JsonNode root;

    private ApiDocument(JsonNode root) {
        this.root = root;
    }

    public static ApiDocument of(String yaml) {
        try {
            return new ApiDocument(YAML.readTree(yaml));
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(e);
        }
    }

    /// What it describes: `GET /api/things/{id}` …
    public Set<String> operations() {
        var all = new TreeSet<String>();
        root.path("paths")
                .properties()
                .forEach(path -> path.getValue().properties().forEach(method -> {
                    if (METHODS.contains(method.getKey())) {
                        all.add(method.getKey().toUpperCase(Locale.ROOT) + " " + path.getKey());
                    }
                }));
        return all;
    }

    /// What the service serves on its main port, in the same form. HEAD comes with GET.
    public static Set<String> routes(BeanContext context) {
        return context.getBean(Router.class)
                .uriRoutes()
                .filter(route ->
                        route.getTargetMethod().getDeclaringType().getName().startsWith("dev.behalf."))
                .filter(route -> !route.getHttpMethodName().equals("HEAD"))
                .map(route -> route.getHttpMethodName() + " "
                        + route.getUriMatchTemplate().toPathString())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /// What in a response is not as the document says for that operation; empty when all is.
    ///
    /// @param path as the document writes it
    public List<String> faults(String method, String path, HttpResponse<String> response) {
        var operation = root.path("paths").path(path).path(method.toLowerCase(Locale.ROOT));
        var documented = resolved(operation.path("responses").path(Integer.toString(response.statusCode())));
        if (documented.isMissingNode()) {
            return List.of(method + " " + path + " does not document the status " + response.statusCode());
        }
        for (var header : documented.path("headers").properties()) {
            if (response.headers().firstValue(header.getKey()).isEmpty()
                    && resolved(header.getValue()).path("required").asBoolean()) {
                return List.of(method + " " + path + " has no header " + header.getKey());
            }
        }
        var content = documented.path("content");
        if (content.isMissingNode()) {
            return response.body().isEmpty() ? List.of() : List.of(method + " " + path + " documents no body");
        }
        var type = response.headers()
                .firstValue("Content-Type")
                .orElse("")
                .split(";")[0]
                .strip();
        if (content.path(type).isMissingNode()) {
            return List.of(method + " " + path + " does not document the media type " + type);
        }
        var schema = content.path(type).path("schema");
        return type.endsWith("json") ? faults(schema, response.body()) : List.of();
    }

    /// What in a JSON text is not as the schema at that JSON pointer of the document says.
    public List<String> faults(String pointer, String json) {
        var schema = root.at(pointer);
        if (schema.isMissingNode()) {
            throw new IllegalArgumentException("the document has no " + pointer);
        }
        return faults(schema, json);
    }

    /// The text at that JSON pointer, or null.
    public @Nullable String text(String pointer) {
        return root.at(pointer).textValue();
    }

    /// What at that JSON pointer, as JSON.
    public String json(String pointer) {
        return root.at(pointer).toString();
    }

    private List<String> faults(JsonNode schema, String json) {
        // References go to #/components: they come along.
        ObjectNode whole = JSON.createObjectNode();
        whole.putArray("allOf").add(schema);
        whole.set("components", root.path("components"));
        return schemaFaults(whole.toString(), json);
    }

    /// What in a JSON text is not as a JSON Schema (2020-12) says.
    public static List<String> schemaFaults(String schema, String json) {
        try {
            return JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012)
                    .getSchema(JSON.readTree(schema))
                    .validate(
                            JSON.readTree(json),
                            context -> context.getExecutionConfig().setFormatAssertionsEnabled(true))
                    .stream()
                    .map(Object::toString)
                    .toList();
        } catch (JsonProcessingException e) {
            return List.of("no JSON: " + e.getOriginalMessage());
        }
    }

    private JsonNode resolved(JsonNode node) {
        var reference = node.path("$ref").textValue();
        return reference == null ? node : root.at(reference.substring(1));
    }
}
