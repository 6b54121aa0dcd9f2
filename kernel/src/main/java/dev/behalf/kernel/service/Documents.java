package dev.behalf.kernel.service;

import io.micronaut.core.io.ResourceResolver;
import java.io.IOException;
import java.io.UncheckedIOException;

/// Descriptions of a service for programs, written beside its code and packed into its jar.
public final class Documents {

    private Documents() {}

    /// @param path such as `idp-registry/openapi.yaml`
    /// @throws IllegalStateException when the jar lacks it
    public static byte[] read(ResourceResolver resources, String path) {
        try (var in = resources
                .getResourceAsStream("classpath:" + path)
                .orElseThrow(() -> new IllegalStateException(path + " is missing from the jar"))) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
