package dev.behalf.registry.provider;

import static dev.behalf.registry.RunningRegistry.header;
import static dev.behalf.registry.RunningRegistry.provider;
import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.provider.ProviderState;
import dev.behalf.registry.RunningRegistry;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// The whole registry as of one revision, as the replicas of other services ask for it.
class SnapshotTest {

    private static final String PATH = "/internal/identity-providers";

    private final RunningRegistry registry = RunningRegistry.start();

    @AfterEach
    void stop() {
        registry.close();
    }

    @Test
    void anEmptyRegistryIsASnapshotToo() {
        var reply = registry.get(PATH);

        assertThat(reply.body()).isEqualTo("{\"revision\":0,\"providers\":[]}");
        assertThat(header(reply, "ETag")).isEqualTo("\"0\"");
    }

    @Test
    @SuppressWarnings("unchecked")
    void itHoldsEveryProviderWithItsRevision() {
        registry.put(provider("a"));
        registry.put(provider("b", ",\"audiences\":[\"x\"]"));
        registry.put(provider("gone"));
        registry.delete("/api/identity-providers/gone");

        var reply = registry.get(PATH);
        var json = Json.readObject(reply.body());
        var providers = ((List<Map<String, @Nullable Object>>) java.util.Objects.requireNonNull(json.get("providers")))
                .stream().map(ProviderState::fromJson).toList();

        assertThat(header(reply, "ETag")).isEqualTo("\"4\"");
        assertThat(json).containsEntry("revision", 4L);
        assertThat(providers).extracting(ProviderState::key).containsExactly("default/a", "default/b");
        assertThat(providers).extracting(ProviderState::revision).containsExactly(1L, 2L);
        assertThat(providers.getLast().audiences()).containsExactly("x");
    }

    @Test
    void whoHasItGetsNoBody() {
        registry.put(provider("a"));

        assertThat(registry.get(PATH, "If-None-Match", "\"1\"").statusCode()).isEqualTo(304);
        assertThat(registry.get(PATH, "If-None-Match", "W/\"1\"").statusCode()).isEqualTo(304);
        assertThat(registry.get(PATH, "If-None-Match", "\"0\"").statusCode()).isEqualTo(200);
        registry.delete("/api/identity-providers/a");
        assertThat(registry.get(PATH, "If-None-Match", "\"1\"").statusCode()).isEqualTo(200);
    }
}
