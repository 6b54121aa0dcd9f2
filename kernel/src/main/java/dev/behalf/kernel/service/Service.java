package dev.behalf.kernel.service;

import io.micronaut.context.ApplicationContext;
import io.micronaut.context.env.PropertySource;
import io.micronaut.runtime.EmbeddedApplication;
import io.micronaut.runtime.Micronaut;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.slf4j.LoggerFactory;

/// Starts one service as one application context.
///
/// Settings come, strongest first, from the caller's map, from `BEHALF_…_FILE` environment variables (the setting is
/// the content of the file: `BEHALF_DATABASE_PASSWORD_FILE` gives `behalf.database.password`), from the environment,
/// from `config/` in the working directory, and from `<name>/application.yml` in the service's jar.
public final class Service {

    private static final String SECRET_PREFIX = "BEHALF_";
    private static final String SECRET_SUFFIX = "_FILE";

    private Service() {}

    /// Starts the service inside this process, which stays the caller's: nothing is registered with it, and closing the
    /// context stops the service.
    ///
    /// @param name      the service's name, such as `idp-registry`; also the folder of its resources
    /// @param main      its main class
    /// @param overrides settings that win over all others
    /// @throws RuntimeException when a setting is missing or wrong or a port is in use; nothing is left running
    public static ApplicationContext start(String name, Class<?> main, Map<String, Object> overrides, String... args) {
        var settings = new HashMap<>(overrides);
        settings.put("behalf.service", name);
        settings.put("micronaut.application.name", name);
        var context = Micronaut.build(args)
                .mainClass(main)
                .banner(false)
                .overrideConfigLocations("classpath:/" + name + "/", "file:config/")
                .propertySources(
                        PropertySource.of(
                                "secret-files",
                                secretsFromFiles(System.getenv()),
                                PropertySource.PropertyConvention.ENVIRONMENT_VARIABLE,
                                PropertySource.Origin.of("secret-files")),
                        PropertySource.of("behalf", settings, 1_000))
                .build();
        try {
            context.start();
            context.findBean(EmbeddedApplication.class).ifPresent(application -> application.start());
            return context;
        } catch (RuntimeException e) {
            context.close();
            throw e;
        }
    }

    /// Is the service: starts it, stops it in order when the process is told to end, and ends the process with status 1
    /// and one line in the log when it does not start.
    @SuppressWarnings("SystemExitOutsideMain") // it is the body of every service's main
    public static void run(String name, Class<?> main, Map<String, Object> overrides, String... args) {
        try {
            var context = start(name, main, overrides, args);
            Runtime.getRuntime().addShutdownHook(new Thread(context::close, "shutdown"));
        } catch (RuntimeException e) {
            LoggerFactory.getLogger(main).error("{} does not start: {}", name, reason(e), e);
            System.exit(1);
        }
        try {
            new CountDownLatch(1).await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// What lies at the bottom of a failure to start, in one line.
    public static String reason(Throwable failure) {
        var at = failure;
        while (at.getCause() != null) {
            at = at.getCause();
        }
        var message = at.getMessage();
        return message == null
                ? at.getClass().getSimpleName()
                : message.lines().findFirst().orElse("").strip();
    }

    static Map<String, Object> secretsFromFiles(Map<String, String> environment) {
        var secrets = new HashMap<String, Object>();
        environment.forEach((variable, file) -> {
            if (variable.startsWith(SECRET_PREFIX) && variable.endsWith(SECRET_SUFFIX)) {
                var setting = variable.substring(0, variable.length() - SECRET_SUFFIX.length());
                try {
                    secrets.put(setting, Files.readString(Path.of(file)).strip());
                } catch (IOException e) {
                    throw new UncheckedIOException("cannot read the file that " + variable + " names: " + file, e);
                }
            }
        });
        return secrets;
    }
}
