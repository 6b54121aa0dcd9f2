package dev.behalf.vault.rotation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.behalf.kernel.database.Database;
import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.secret.Secret;
import dev.behalf.testkit.Eventually;
import dev.behalf.testkit.TestPostgres;
import dev.behalf.vault.RunningVault;
import dev.behalf.vault.crypto.KeyRing;
import dev.behalf.vault.crypto.KeysUnavailable;
import dev.behalf.vault.secret.SealedSecrets;
import dev.behalf.vault.secret.SecretLabel;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import reactor.core.publisher.Flux;

/// Keys exchanged under two vaults that share a database, by an operator over HTTP.
@TestMethodOrder(MethodOrderer.MethodName.class)
class RotationTest {

    private static final String KEYS = "/api/v1/vault/keys";
    private static final String ROTATIONS = KEYS + "/rotations";
    private static final Map<String, Object> SETTINGS =
            Map.of("behalf.vault.rotation.batch", 10, "behalf.vault.rotation.look-every", "100ms");

    private static RunningVault vault;
    private static RunningVault other;
    private static SealedSecrets secrets;

    @BeforeAll
    static void start() {
        var database = TestPostgres.shared().newDatabase();
        vault = RunningVault.start(database, SETTINGS);
        other = RunningVault.start(database, SETTINGS);
        secrets = vault.bean(SealedSecrets.class);
    }

    @AfterAll
    static void stop() {
        other.close();
        vault.close();
    }

    private static SecretLabel label(int number) {
        return SecretLabel.of("owner-" + number % 7, "connection/" + number, "tokens");
    }

    private static void store(int count) {
        var versions = Flux.range(0, count)
                .flatMap(i -> secrets.put(label(i), Secret.of("secret " + i)), 8)
                .collectList()
                .block();
        assertThat(versions).hasSize(count);
    }

    private static String value(SealedSecrets from, int number) {
        return Objects.requireNonNull(from.get(label(number)).block()).value().reveal();
    }

    private static List<Map<?, ?>> keys() {
        var list = (List<?>)
                Objects.requireNonNull(RunningVault.json(vault.get(KEYS)).get("keys"));
        return list.stream().<Map<?, ?>>map(key -> (Map<?, ?>) key).toList();
    }

    private static String current() {
        return keys().stream()
                .filter(key -> Boolean.TRUE.equals(key.get("current")))
                .map(key -> String.valueOf(key.get("id")))
                .findFirst()
                .orElseThrow();
    }

    private static long held(String id) {
        return keys().stream()
                .filter(key -> id.equals(key.get("id")))
                .mapToLong(key -> (Long) Objects.requireNonNull(key.get("secrets")))
                .findFirst()
                .orElseThrow();
    }

    @CanIgnoreReturnValue
    private static Map<String, @Nullable Object> finished(HttpResponse<String> begun) {
        assertThat(begun.statusCode()).as(begun.body()).isEqualTo(202);
        var location = begun.headers().firstValue("Location").orElseThrow();
        Eventually.holds(
                "the rotation finishes",
                () -> "finished".equals(RunningVault.json(vault.get(location)).get("state")));
        return RunningVault.json(vault.get(location));
    }

    @Test
    void aRotationExchangesEveryKeyOnceLeavesEveryValueAloneAndTheOldKeyCanGo() {
        store(95);
        var old = current();
        var values = vault.texts("SELECT encode(sealed, 'hex') FROM sealed_secret ORDER BY id");
        assertThat(vault.delete(KEYS + "/" + old).statusCode()).isEqualTo(409);

        var rotation = finished(vault.post(ROTATIONS, Map.of()));

        long all = values.size();
        assertThat(rotation)
                .containsEntry("total", all)
                .containsEntry("done", all)
                .containsEntry("failed", 0L);
        assertThat(current()).isEqualTo(rotation.get("key")).isNotEqualTo(old);
        assertThat(held(old)).isZero();
        assertThat(held(current())).isEqualTo(all);
        assertThat(vault.texts("SELECT encode(sealed, 'hex') FROM sealed_secret ORDER BY id"))
                .isEqualTo(values);
        for (int i = 0; i < 95; i++) {
            assertThat(value(other.bean(SealedSecrets.class), i)).isEqualTo("secret " + i);
        }

        assertThat(vault.delete(KEYS + "/" + old).statusCode()).isEqualTo(204);
        assertThat(keys()).noneMatch(key -> old.equals(key.get("id")));
        assertThat(vault.delete(KEYS + "/" + old).statusCode()).isEqualTo(404);
        assertThat(value(secrets, 0)).isEqualTo("secret 0");
        assertThat(vault.get("/api/v1/audit?subject=operator&limit=1000").body())
                .contains("key.rotated")
                .contains("key.removed");
    }

    @Test
    void nobodyWhoReadsOrWritesMeanwhileNoticesAnything() throws Exception {
        store(60);
        var stop = new AtomicBoolean();
        var written = new ConcurrentHashMap<Integer, String>();
        var reads = new AtomicInteger();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var writer = threads.submit(() -> {
                for (int i = 0; !stop.get(); i++) {
                    int number = i % 60;
                    var value = "written " + i;
                    assertThat(secrets.put(label(number), Secret.of(value)).block())
                            .isPositive();
                    written.put(number, value);
                }
                return true;
            });
            var reader = threads.submit(() -> {
                for (int i = 0; !stop.get(); i++) {
                    assertThat(value(other.bean(SealedSecrets.class), i % 60)).matches("(secret|written) \\d+");
                    reads.incrementAndGet();
                }
                return true;
            });
            for (int round = 0; round < 3; round++) {
                assertThat(finished(vault.post(ROTATIONS, Map.of()))).containsEntry("failed", 0L);
            }
            int soFar = reads.get();
            Eventually.holds("reads go on", () -> reads.get() > soFar || reader.isDone());
            stop.set(true);
            assertThat(writer.get()).isTrue();
            assertThat(reader.get()).isTrue();
        }
        written.forEach((number, value) -> assertThat(value(secrets, number)).isEqualTo(value));
        assertThat(keys().stream().filter(key -> !Long.valueOf(0).equals(key.get("secrets"))))
                .hasSize(1);
    }

    /// As a replica leaves it that was killed: half done, its lease not over yet.
    @Test
    void whatAKilledReplicaLeftIsFinishedByAnotherOnceItsLeaseIsOver() {
        store(40);
        var old = current();
        var to = Objects.requireNonNull(vault.bean(KeyRing.class).makeKey().block());
        var middle = vault.texts("SELECT id::text FROM sealed_secret ORDER BY id OFFSET 20 LIMIT 1")
                .getFirst();
        vault.sql("INSERT INTO key_rotation (id, to_key, state, total, done, failed, position, started_by, started_at,"
                + " lease_owner, lease_until) VALUES ('7f4b4a6e-6a5c-4e0e-9f0e-0f6d4f4d7a11', '" + to
                + "', 'running', 41, 20, 0, " + middle + ", 'operator', now(), 'killed', now() + interval '1 hour')");

        var refused = vault.post(ROTATIONS, Map.of());
        assertThat(refused.statusCode()).isEqualTo(409);
        assertThat(RunningVault.error(refused)).isEqualTo("a rotation is running");
        assertThat(RunningVault.json(vault.get(ROTATIONS + "/7f4b4a6e-6a5c-4e0e-9f0e-0f6d4f4d7a11")))
                .containsEntry("state", "running")
                .containsEntry("done", 20L);

        vault.sql("UPDATE key_rotation SET lease_until = now() WHERE lease_owner = 'killed'");
        Eventually.holds(
                "another goes on",
                () -> vault.get(ROTATIONS + "/7f4b4a6e-6a5c-4e0e-9f0e-0f6d4f4d7a11")
                        .body()
                        .contains("finished"));
        assertThat(held(old)).isZero();
        for (int i = 0; i < 40; i++) {
            assertThat(value(secrets, i)).isEqualTo("secret " + i);
        }
    }

    @Test
    void whatDoesNotUnwrapIsCountedAuditedAndLeft() {
        store(30);
        var before = current();
        vault.sql("UPDATE sealed_secret SET wrapped_dek = set_byte(wrapped_dek, 30, get_byte(wrapped_dek, 30) # 1)"
                + " WHERE record IN ('connection/3', 'connection/17')");

        var rotation = finished(vault.post(ROTATIONS, Map.of("key", "new")));

        assertThat(rotation).containsEntry("failed", 2L);
        assertThat(held(before)).isEqualTo(2);
        assertThat(vault.get("/api/v1/audit?subject=owner-3&limit=1000").body())
                .contains("secret.undecryptable")
                .contains("connection/17");
        assertThat(RunningVault.error(vault.delete(KEYS + "/" + before))).isEqualTo("the key still holds 2 secrets");
        vault.sql("DELETE FROM sealed_secret WHERE record IN ('connection/3', 'connection/17')");
        assertThat(vault.delete(KEYS + "/" + before).statusCode()).isEqualTo(204);
    }

    /// A replica that was about to write with the old key when that was removed.
    @Test
    void nothingIsWrittenUnderARemovedKey() {
        var late = Objects.requireNonNull(
                secrets.seal(SecretLabel.of("late", "connection/late", "tokens"), 1, Secret.of("x"))
                        .block());
        var old = late.envelope().key().keyId();
        finished(vault.post(ROTATIONS, Map.of()));
        assertThat(vault.delete(KEYS + "/" + old).statusCode()).isEqualTo(204);

        var failure = catchThrowable(() -> vault.bean(Database.class)
                .transaction(connection -> secrets.write(connection, late))
                .block());

        assertThat(failure).isInstanceOf(KeysUnavailable.class);
        assertThat(vault.texts("SELECT record FROM sealed_secret WHERE owner = 'late'"))
                .isEmpty();
    }

    @Test
    void theCurrentKeyAndKeysThatAreNotThereAreNotRemoved() {
        assertThat(RunningVault.error(vault.delete(KEYS + "/" + current())))
                .isEqualTo("the current key cannot be removed");
        assertThat(vault.delete(KEYS + "/local:0000000000000000").statusCode()).isEqualTo(404);
        assertThat(vault.delete(KEYS + "/nonsense").statusCode()).isEqualTo(404);
        assertThat(vault.get(ROTATIONS + "/nonsense").statusCode()).isEqualTo(404);
    }

    @Test
    void aRotationToTheCurrentKeyHasNothingToDo() {
        finished(vault.post(ROTATIONS, Map.of()));
        var key = current();

        assertThat(finished(vault.post(ROTATIONS, Map.of("key", "current"))))
                .containsEntry("key", key)
                .containsEntry("total", 0L)
                .containsEntry("done", 0L);
        assertThat(vault.post(ROTATIONS, Map.of("key", "old")).statusCode()).isEqualTo(400);
    }

    @Test
    void onlyOperatorsWithTheScopesMayLookOrRotate() {
        var reader = RunningVault.operator("vault-keys:read");
        assertThat(vault.get(KEYS, reader).statusCode()).isEqualTo(200);
        assertThat(vault.post(ROTATIONS, Map.of(), reader).statusCode()).isEqualTo(403);
        assertThat(vault.get(KEYS, RunningVault.operator("audit:read")).statusCode())
                .isEqualTo(403);
        assertThat(vault.get(KEYS, null).statusCode()).isEqualTo(401);
        assertThat(Json.readObject(vault.get(KEYS).body()).toString()).doesNotContain("key=");
    }
}
