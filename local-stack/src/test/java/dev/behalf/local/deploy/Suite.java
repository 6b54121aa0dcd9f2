package dev.behalf.local.deploy;

import com.tngtech.archunit.ArchConfiguration;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.behalf.authz.AuthzServer;
import dev.behalf.gateway.ApiGateway;
import dev.behalf.registry.IdpRegistry;
import dev.behalf.validator.JwtValidator;
import dev.behalf.vault.TokenVault;
import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.context.annotation.Requires;
import io.micronaut.context.annotation.Value;
import io.micronaut.core.bind.annotation.Bindable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Parameter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// What the services say of themselves: their settings as the code has them, their ports as their configuration
/// has.
///
/// @param name     the service
/// @param main     the class that starts it
/// @param port     that others call
/// @param database whether it keeps state
record Suite(String name, Class<?> main, int port, boolean database) {

    static final List<Suite> SERVICES = List.of(
            new Suite(AuthzServer.NAME, AuthzServer.class, 8101, true),
            new Suite(IdpRegistry.NAME, IdpRegistry.class, 8102, true),
            new Suite(JwtValidator.NAME, JwtValidator.class, 8103, false),
            new Suite(TokenVault.NAME, TokenVault.class, 8104, true),
            new Suite(ApiGateway.NAME, ApiGateway.class, 8080, false));

    private static final String KERNEL = "dev.behalf.kernel";
    private static final Pattern PLACEHOLDER = Pattern.compile("\\$\\{(behalf\\.[a-z0-9.-]+)(?::`([^`]*)`)?");
    private static final Pattern CLIENT = Pattern.compile(
            "BEHALF_AUTHZ_CLIENTS_(OPERATOR|API_GATEWAY|JWT_VALIDATOR|IDP_REGISTRY|TOKEN_VAULT)_SECRET(_FILE)?");
    private static final Map<String, List<Class<?>>> CLASSES = new ConcurrentHashMap<>();

    static Suite of(String name) {
        return SERVICES.stream()
                .filter(service -> service.name.equals(name))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no such service: " + name));
    }

    static boolean has(String name) {
        return SERVICES.stream().anyMatch(service -> service.name.equals(name));
    }

    int managementPort() {
        return Integer.parseInt(String.valueOf(Checkout.mapAt(Checkout.mapAt(configuration(), "endpoints"), "all")
                .get("port")));
    }

    /// Whether the environment variable is a setting of this service, or names the file of one.
    boolean knows(String variable) {
        if (name.equals(AuthzServer.NAME) && CLIENT.matcher(variable).matches()) {
            return true;
        }
        var bare = variable.endsWith("_FILE") ? variable.substring(0, variable.length() - "_FILE".length()) : variable;
        return settings().contains(variable) || settings().contains(bare);
    }

    /// The variables without one of which the service does not start: those of its own and of its access to
    /// tokens that have no default.
    Set<String> required() {
        var required = new TreeSet<String>();
        for (var type : classes()) {
            var prefix = prefix(type);
            // Of settings that are one choice of several, none is required by itself.
            boolean own = !type.getName().startsWith(KERNEL) && !type.isAnnotationPresent(Requires.class);
            if (prefix == null || !(own || prefix.equals("behalf.oauth"))) {
                continue;
            }
            for (var parameter : parameters(type)) {
                boolean optional = parameter.isAnnotationPresent(Bindable.class)
                        || parameter.isAnnotationPresent(Value.class)
                        || parameter.getAnnotatedType().isAnnotationPresent(Nullable.class);
                if (!optional) {
                    required.add(variable(prefix + "." + hyphenated(parameter.getName())));
                }
            }
        }
        if (database) {
            required.add("BEHALF_DATABASE_PASSWORD");
        }
        if (!name.equals(AuthzServer.NAME)) {
            required.add("BEHALF_OAUTH_CLIENT_SECRET");
            required.add("BEHALF_KAFKA_BOOTSTRAP_SERVERS");
        }
        return required;
    }

    /// The settings that stand in the code of the service, or of the kernel, with their defaults; an empty one
    /// is none.
    ///
    /// @param kernel whether those of the kernel are meant, else those of the service's own that the kernel has
    ///               not
    Map<String, String> defaults(boolean kernel) {
        var defaults = new TreeMap<String, String>();
        for (var type : classes()) {
            if (type.getName().startsWith(KERNEL) == kernel) {
                defaults.putAll(defaults(type));
            }
        }
        if (!kernel) {
            defaults.keySet().removeAll(defaults(true).keySet());
        }
        defaults.remove("behalf.service");
        return defaults;
    }

    private Set<String> settings() {
        return Stream.of(true, false)
                .flatMap(kernel -> defaults(kernel).keySet().stream())
                .map(Suite::variable)
                .collect(Collectors.toSet());
    }

    private static Map<String, String> defaults(Class<?> type) {
        var defaults = new TreeMap<String, String>();
        var prefix = prefix(type);
        for (var constructor : type.getDeclaredConstructors()) {
            for (var parameter : constructor.getParameters()) {
                var value = parameter.getAnnotation(Value.class);
                var bindable = parameter.getAnnotation(Bindable.class);
                if (value != null) {
                    PLACEHOLDER
                            .matcher(value.value())
                            .results()
                            .forEach(found ->
                                    defaults.put(found.group(1), Objects.requireNonNullElse(found.group(2), "")));
                } else if (prefix != null) {
                    defaults.put(
                            prefix + "." + hyphenated(parameter.getName()),
                            bindable == null ? "" : bindable.defaultValue());
                }
            }
        }
        return defaults;
    }

    private List<Class<?>> classes() {
        ArchConfiguration.get().setResolveMissingDependenciesFromClassPath(false);
        return CLASSES.computeIfAbsent(
                main.getPackageName(),
                root -> new ClassFileImporter()
                        .withImportOption(new ImportOption.DoNotIncludeTests()).importPackages(root, KERNEL).stream()
                                .filter(type -> !type.isAnonymousClass())
                                .<Class<?>>map(JavaClass::reflect)
                                .toList());
    }

    private Map<?, ?> configuration() {
        try (var stream = main.getResourceAsStream("/" + name + "/application.yml")) {
            var text = new String(Objects.requireNonNull(stream).readAllBytes(), StandardCharsets.UTF_8);
            return Checkout.documents(text).getFirst();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static @Nullable String prefix(Class<?> type) {
        var properties = type.getAnnotation(ConfigurationProperties.class);
        return properties == null ? null : properties.value();
    }

    private static List<Parameter> parameters(Class<?> type) {
        return Arrays.asList(type.getDeclaredConstructors()[0].getParameters());
    }

    private static String hyphenated(String name) {
        return name.replaceAll("([a-z0-9])([A-Z])", "$1-$2").toLowerCase(Locale.ROOT);
    }

    /// `behalf.gateway.public-url` → `BEHALF_GATEWAY_PUBLIC_URL`.
    private static String variable(String property) {
        return property.replace('.', '_').replace('-', '_').toUpperCase(Locale.ROOT);
    }
}
