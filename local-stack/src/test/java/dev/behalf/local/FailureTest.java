package dev.behalf.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Every process of the suite is stopped, frozen or killed while requests flow.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class FailureTest {

    private static final String PROVIDERS = "/api/identity-providers";
    private static final long SECOND = Duration.ofSeconds(1).toNanos();

    private RunningStack stack;
    private String operator;

    @BeforeAll
    void start(@TempDir Path folder) {
        stack = RunningStack.up(folder.resolve("data"), "--processes");
        operator = stack.operatorToken();
    }

    @AfterAll
    void stop() {
        var processes = stack.processes();
        stack.close();
        assertThat(processes).noneMatch(RunningStack::runs);
    }

    /// Whatever the test before did: the demo provider is registered as the demo does it, and enforced.
    @BeforeEach
    void theDemoProviderIsTrusted() {
        Command.waitUntil("the registration", () -> trust("email") == 201);
        Command.waitUntil("Alice to be let in", () -> {
            var answer = stack.ask(stack.userToken("alice"));
            return answer.status() == 200 && answer.user().equals("alice@example.com");
        });
    }

    private int trust(String userIdClaim) {
        return stack.manage(operator, "POST", PROVIDERS, stack.registration("demo", Demo.HOST, userIdClaim))
                .status();
    }

    @Test
    void a_provider_that_is_deleted_while_requests_flow_is_out_within_the_second() {
        try (var load = new Load(stack, 4)) {
            load.await(50);
            assertThat(stack.manage(operator, "DELETE", PROVIDERS + "/demo", null)
                            .status())
                    .isEqualTo(200);
            long deleted = System.nanoTime();
            Command.waitUntil("two more seconds", () -> System.nanoTime() > deleted + 2 * SECOND);
            assertThat(load.seen()).extracting(Seen::status).containsOnly(200, 401);
            assertThat(load.since(deleted + SECOND)).isNotEmpty().allMatch(seen -> seen.status() == 401);
        }
    }

    @Test
    void a_provider_that_is_changed_while_requests_flow_names_the_user_anew_within_the_second() {
        try (var load = new Load(stack, 4)) {
            load.await(50);
            assertThat(trust("sub")).isEqualTo(201);
            long changed = System.nanoTime();
            Command.waitUntil("two more seconds", () -> System.nanoTime() > changed + 2 * SECOND);
            assertThat(load.seen()).allMatch(seen -> seen.status() == 200);
            assertThat(load.seen()).extracting(Seen::user).containsOnly("alice@example.com", "alice");
            assertThat(load.since(changed + SECOND))
                    .isNotEmpty()
                    .allMatch(seen -> seen.user().equals("alice"));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"idp-registry", "jwt-validator", "authz-server", "api-gateway", "kafka", "postgres"})
    void kill_9_loses_nothing_acknowledged_and_leaves_no_stale_trust(String part) {
        var acknowledged = new AtomicInteger();
        var there = ConcurrentHashMap.<String>newKeySet();
        var gone = ConcurrentHashMap.<String>newKeySet();
        var enough = new AtomicBoolean();
        var writer = Thread.ofVirtual().start(() -> {
            for (int i = 0; !enough.get(); i++) {
                var name = part + "-" + i;
                if (stack.manage(operator, "POST", PROVIDERS, stack.registration(name, name + ".example.com", "sub"))
                                .status()
                        != 201) {
                    continue;
                }
                acknowledged.incrementAndGet();
                if (i % 3 == 0) {
                    if (stack.manage(operator, "DELETE", PROVIDERS + "/" + name, null)
                                    .status()
                            == 200) {
                        gone.add(name);
                    }
                } else {
                    there.add(name);
                }
            }
        });
        Command.waitUntil("some writes", () -> acknowledged.get() >= 10);
        long before = stack.pid(part);
        RunningStack.signal("KILL", before);
        Command.waitUntil("the deletion to be acknowledged", () -> {
            int status =
                    stack.manage(operator, "DELETE", PROVIDERS + "/demo", null).status();
            return status == 200 || status == 404; // 404: it was deleted, and the answer lost
        });
        int atDeletion = acknowledged.get();
        Command.waitUntil(
                "the end of the trust",
                () -> stack.ask(stack.userToken("alice")).status() == 401);
        Command.waitUntil("writes after the kill", () -> acknowledged.get() >= atDeletion + 10);
        enough.set(true);
        join(writer);
        Command.waitUntil(
                "every service",
                () -> Command.run(stack.data(), "status").lines().noneMatch(l -> l.contains("DOWN")));

        var names = names();
        assertThat(names).containsAll(there).doesNotContainAnyElementsOf(gone);
        assertThat(stack.ask(stack.userToken("alice")).status()).isEqualTo(401);
        Command.waitUntil("the topic", () -> onTheTopic(part).containsAll(there));
        assertThat(onTheTopic(part)).doesNotContainAnyElementsOf(gone);
    }

    @Test
    void without_kafka_changes_are_acknowledged_enforced_and_published_later_in_order() {
        long kafka = stack.pid("kafka");
        RunningStack.signal("STOP", kafka);
        var written = new ArrayList<String>();
        try {
            for (int i = 0; i < 5; i++) {
                var name = "without-kafka-" + i;
                assertThat(stack.manage(
                                        operator,
                                        "POST",
                                        PROVIDERS,
                                        stack.registration(name, name + ".example.com", "sub"))
                                .status())
                        .isEqualTo(201);
                written.add(name);
            }
            assertThat(stack.manage(operator, "DELETE", PROVIDERS + "/demo", null)
                            .status())
                    .isEqualTo(200);
            Command.waitUntil(
                    "the end of the trust",
                    () -> stack.ask(stack.userToken("alice")).status() == 401);
        } finally {
            RunningStack.signal("CONT", kafka);
        }
        Command.waitUntil(
                "the topic to have it all", () -> onTheTopic("without-kafka").containsAll(written));
    }

    @Test
    void without_postgresql_writes_are_refused_with_503_and_requests_of_users_go_on() {
        var processes = postgresProcesses();
        processes.forEach(process -> RunningStack.signal("STOP", process.pid()));
        try {
            var refused = stack.manage(
                    operator, "POST", PROVIDERS, stack.registration("refused", "refused.example.com", "sub"));
            assertThat(refused.status()).as(refused.body()).isEqualTo(503);
            assertThat(refused.header("Retry-After")).isPresent();
            assertThat(stack.ask(stack.userToken("bob")).status()).isEqualTo(200);
        } finally {
            processes.forEach(process -> RunningStack.signal("CONT", process.pid()));
        }
        Command.waitUntil(
                "writes",
                () -> stack.manage(
                                        operator,
                                        "POST",
                                        PROVIDERS,
                                        stack.registration("accepted", "accepted.example.com", "sub"))
                                .status()
                        == 201);
    }

    @Test
    void without_the_validator_known_users_go_on_and_new_ones_get_503() {
        var known = stack.userToken("alice");
        assertThat(stack.ask(known).status()).isEqualTo(200);
        long validator = stack.pid("jwt-validator");
        RunningStack.signal("STOP", validator);
        try {
            assertThat(stack.ask(known).status()).isEqualTo(200);
            var unknown = stack.ask(stack.userToken("bob"));
            assertThat(unknown.status()).as(unknown.body()).isEqualTo(503);
            assertThat(unknown.header("Retry-After")).isPresent();
        } finally {
            RunningStack.signal("CONT", validator);
        }
        Command.waitUntil(
                "Bob to be let in", () -> stack.ask(stack.userToken("bob")).status() == 200);
    }

    private List<ProcessHandle> postgresProcesses() {
        var postmaster = ProcessHandle.of(stack.pid("postgres")).orElseThrow();
        var all = new ArrayList<>(List.of(postmaster));
        all.addAll(postmaster.descendants().toList());
        return all;
    }

    private Set<String> names() {
        var answer = stack.manage(operator, "GET", PROVIDERS, null);
        assertThat(answer.status()).isEqualTo(200);
        var names = new TreeSet<String>();
        var matcher = java.util.regex.Pattern.compile("\"name\":\"([^\"]+)\"").matcher(answer.body());
        while (matcher.find()) {
            names.add(matcher.group(1));
        }
        return names;
    }

    /// The providers that a subscriber of the topic believes to be there, who reads it from its beginning and does as
    /// docs/events.md says: what is not newer than what it knows of a key is a redelivery.
    private Set<String> onTheTopic(String prefix) {
        var there = new TreeSet<String>();
        var revisions = new HashMap<String, Long>();
        Map<String, Object> settings =
                Map.of("bootstrap.servers", bootstrapServers(), "isolation.level", "read_committed");
        try (var consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            var partition = new TopicPartition("behalf.identity-providers.v1", 0);
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
            while (consumer.position(partition) < end) {
                for (var event : consumer.poll(Duration.ofMillis(200))) {
                    long revision = Long.parseLong(header(event, "ce_revision"));
                    if (revision < revisions.getOrDefault(event.key(), 0L)) {
                        continue;
                    }
                    revisions.put(event.key(), revision);
                    var name = event.key().substring(event.key().lastIndexOf('/') + 1);
                    if (header(event, "ce_type").contains(".deleted.")) {
                        there.remove(name);
                    } else if (name.startsWith(prefix)) {
                        there.add(name);
                    }
                }
            }
        }
        return there;
    }

    private static String header(ConsumerRecord<String, String> event, String name) {
        return new String(event.headers().lastHeader(name).value(), StandardCharsets.UTF_8);
    }

    private String bootstrapServers() {
        return RunFile.read(DataFolder.existing(stack.data())).parts().stream()
                .filter(part -> part.name().equals("kafka"))
                .findFirst()
                .orElseThrow()
                .url();
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /// @param began nanoseconds of the JVM's clock
    private record Seen(long began, int status, String user) {}

    /// Alice calls the demo agent without pause, on several threads.
    private static final class Load implements AutoCloseable {

        private final ConcurrentLinkedQueue<Seen> seen = new ConcurrentLinkedQueue<>();
        private final AtomicBoolean enough = new AtomicBoolean();
        private final List<Thread> threads = new ArrayList<>();

        Load(RunningStack stack, int threads) {
            var token = stack.userToken("alice");
            for (int i = 0; i < threads; i++) {
                this.threads.add(Thread.ofVirtual().start(() -> {
                    while (!enough.get()) {
                        long began = System.nanoTime();
                        var answer = stack.ask(token);
                        seen.add(new Seen(began, answer.status(), answer.status() == 200 ? answer.user() : ""));
                    }
                }));
            }
        }

        void await(int requests) {
            Command.waitUntil(requests + " requests", () -> seen.size() >= requests);
        }

        List<Seen> seen() {
            return List.copyOf(seen);
        }

        List<Seen> since(long moment) {
            return seen.stream().filter(each -> each.began() > moment).toList();
        }

        @Override
        public void close() {
            enough.set(true);
            threads.forEach(FailureTest::join);
        }
    }
}
