package dev.behalf.vault.provider;

import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.service.Documents;
import io.micronaut.core.io.ResourceResolver;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;

/// The definitions that come with the vault. None is a provider by itself: an operator extends one by a client.
@Singleton
final class BuiltIns {

    static final List<String> NAMES = List.of(
            "api-key",
            "github",
            "github-app",
            "google",
            "kaggle",
            "kaggle-token",
            "linkedin",
            "notion",
            "oidc",
            "slack");

    private final Map<String, Map<String, @Nullable Object>> definitions = new LinkedHashMap<>();

    BuiltIns(ResourceResolver resources) {
        for (var name : NAMES) {
            var text = new String(
                    Documents.read(resources, "token-vault/providers/" + name + ".yaml"), StandardCharsets.UTF_8);
            definitions.put(name, yaml(text));
        }
    }

    Set<String> names() {
        return definitions.keySet();
    }

    /// What the operator wrote, with what it extends. A definition that neither extends anything nor has a kind
    /// extends the built-in of its name.
    ///
    /// @param written without `client.secret` and `client.secretFile`
    /// @throws InvalidProvider when it extends what there is not
    Map<String, @Nullable Object> complete(ProviderId id, Map<String, @Nullable Object> written) {
        var changes = new LinkedHashMap<String, @Nullable Object>(written);
        var base = changes.remove("extends");
        if (base == null && !changes.containsKey("kind") && definitions.containsKey(id.name())) {
            base = id.name();
        }
        if (base == null) {
            return Definition.merge(Map.of(), changes);
        }
        var definition = base instanceof String name ? definitions.get(name) : null;
        if (definition == null) {
            throw new InvalidProvider("extends must be one of " + String.join(", ", definitions.keySet()));
        }
        var before = new LinkedHashMap<String, @Nullable Object>(definition);
        before.remove("generic");
        return Definition.merge(before, changes);
    }

    /// @throws InvalidProvider when it is no YAML object
    static Map<String, @Nullable Object> yaml(String text) {
        var options = new LoaderOptions();
        options.setAllowDuplicateKeys(false);
        options.setMaxAliasesForCollections(10);
        try {
            if (new Yaml(new SafeConstructor(options)).load(text) instanceof Map<?, ?> map) {
                return Json.readObject(Json.write(map)); // the values of JSON, and no others
            }
            throw new InvalidProvider("not a YAML object");
        } catch (YAMLException e) {
            throw new InvalidProvider("not YAML: "
                    + String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
        }
    }
}
