package dev.behalf.registry.provider;

import static dev.behalf.registry.RunningRegistry.header;
import static dev.behalf.registry.RunningRegistry.provider;
import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.registry.RunningRegistry;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Many operators at once.
class ConcurrentChangeTest {

    private static final String PATH = "/api/identity-providers";
    private static final int MANY = 40;

    private final RunningRegistry registry = RunningRegistry.start();

    @AfterEach
    void stop() {
        registry.close();
    }

    @Test
    void parallelUpsertsOfOneNameAllSucceedWithRevisionsOfTheirOwn() {
        var replies = atOnce(i -> registry.post(PATH, provider("a", ",\"audiences\":[\"" + i + "\"]")));

        assertThat(replies).extracting(HttpResponse::statusCode).containsOnly(201);
        assertThat(replies).extracting(reply -> header(reply, "ETag")).doesNotHaveDuplicates();
        var last = Objects.requireNonNull(header(registry.get(PATH + "/a"), "ETag"));
        assertThat(last).isEqualTo("\"" + MANY + "\"");
        assertThat(replies)
                .filteredOn(reply -> last.equals(header(reply, "ETag")))
                .hasSize(1)
                .first()
                .satisfies(winner -> assertThat(winner.body())
                        .isEqualTo(registry.get(PATH + "/a").body()));
    }

    @Test
    void ofManyWhoReplaceTheSameRevisionOneSucceeds() {
        var tag = Objects.requireNonNull(header(registry.put(provider("a")), "ETag"));

        var replies =
                atOnce(i -> registry.post(PATH, provider("a", ",\"audiences\":[\"" + i + "\"]"), "If-Match", tag));

        assertThat(replies).extracting(HttpResponse::statusCode).containsOnly(201, 412);
        assertThat(replies).filteredOn(reply -> reply.statusCode() == 201).hasSize(1);
    }

    @Test
    void ofManyWhoCreateOnlyOneSucceeds() {
        var replies =
                atOnce(i -> registry.post(PATH, provider("a", ",\"audiences\":[\"" + i + "\"]"), "If-None-Match", "*"));

        assertThat(replies).filteredOn(reply -> reply.statusCode() == 201).hasSize(1);
        assertThat(replies).filteredOn(reply -> reply.statusCode() == 412).hasSize(MANY - 1);
    }

    @Test
    void ofManyWhoDeleteOneSucceeds() {
        registry.put(provider("a"));

        var replies = atOnce(_ -> registry.delete(PATH + "/a"));

        assertThat(replies).filteredOn(reply -> reply.statusCode() == 200).hasSize(1);
        assertThat(replies).filteredOn(reply -> reply.statusCode() == 404).hasSize(MANY - 1);
    }

    /// All want the same host and issuer with the same audience; the check and the change are one.
    @Test
    void ofManyThatExcludeOneAnotherOneIsStored() {
        var replies = atOnce(
                i -> registry.post(PATH, provider("p" + i).replace("p" + i + ".example.com", "shared.example.com")));

        assertThat(replies).filteredOn(reply -> reply.statusCode() == 201).hasSize(1);
        assertThat(replies).filteredOn(reply -> reply.statusCode() == 409).hasSize(MANY - 1);
        assertThat(RunningRegistry.names(registry.get(PATH))).hasSize(1);
    }

    private static List<HttpResponse<String>> atOnce(IntFunction<HttpResponse<String>> request) {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var tasks = IntStream.range(0, MANY)
                    .<Callable<HttpResponse<String>>>mapToObj(i -> () -> request.apply(i))
                    .toList();
            return threads.invokeAll(tasks).stream()
                    .map(task -> {
                        try {
                            return task.get();
                        } catch (InterruptedException | ExecutionException e) {
                            throw new IllegalStateException(e);
                        }
                    })
                    .toList();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
