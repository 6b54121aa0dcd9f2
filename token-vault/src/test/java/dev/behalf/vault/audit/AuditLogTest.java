package dev.behalf.vault.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.behalf.kernel.problem.ProblemException;
import dev.behalf.kernel.secret.Secret;
import dev.behalf.kernel.secret.Sha256;
import dev.behalf.testkit.Eventually;
import dev.behalf.testkit.TestPostgres;
import dev.behalf.vault.RunningVault;
import dev.behalf.vault.crypto.KeysUnavailable;
import dev.behalf.vault.secret.SealedSecrets;
import dev.behalf.vault.secret.SecretLabel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;

class AuditLogTest {

    private static final String AUDIT = "/api/v1/audit";
    private static final String VERIFICATION = AUDIT + "/verification";
    private static final Map<String, String> DATABASE = TestPostgres.shared().newDatabase();

    private static RunningVault vault;
    private static AuditLog log;

    @BeforeAll
    static void start() {
        vault = RunningVault.start(DATABASE, Map.of());
        log = vault.bean(AuditLog.class);
    }

    @AfterAll
    static void stop() {
        vault.close();
    }

    private static AuditEvent use(String subject, String agent) {
        return AuditEvent.of(AuditAction.TOKEN_READ, AuditOutcome.DONE)
                .by(subject, agent)
                .on("github", "connection-1")
                .purpose("open a pull request")
                .scopes(Set.of("repo", "read:user"))
                .request("request-1");
    }

    private static void append(AuditEvent... events) {
        for (var event : events) {
            log.append(event).block();
        }
    }

    private static List<Map<?, ?>> entries(String query) {
        var reply = vault.get(AUDIT + query);
        assertThat(reply.statusCode()).as(reply.body()).isEqualTo(200);
        var list = (List<?>) Objects.requireNonNull(RunningVault.json(reply).get("entries"));
        return list.stream().<Map<?, ?>>map(entry -> (Map<?, ?>) entry).toList();
    }

    private static Map<String, @Nullable Object> verification(RunningVault of, String query) {
        var reply = of.get(VERIFICATION + query);
        assertThat(reply.statusCode()).as(reply.body()).isEqualTo(200);
        return RunningVault.json(reply);
    }

    private static long end() {
        return (Long) Objects.requireNonNull(verification(vault, "").get("end"));
    }

    @Test
    void whatIsAppendedIsListedWhole() {
        append(use("alice", "coder"));

        var entry = entries("?subject=alice&agent=coder").getLast();

        assertThat(entry.get("action")).isEqualTo("token.read");
        assertThat(entry.get("outcome")).isEqualTo("done");
        assertThat(entry.get("provider")).isEqualTo("github");
        assertThat(entry.get("connection")).isEqualTo("connection-1");
        assertThat(entry.get("purpose")).isEqualTo("open a pull request");
        assertThat(entry.get("scopes")).isEqualTo("read:user repo");
        assertThat(entry.get("requestId")).isEqualTo("request-1");
        assertThat(String.valueOf(entry.get("at"))).endsWith("Z");
        assertThat(entry.containsKey("tokenDigest")).isFalse();
    }

    @Test
    void filtersAndPagesAreInOrder() {
        for (int i = 0; i < 7; i++) {
            append(use("pager", i % 2 == 0 ? "even" : "odd").on("github", "c-" + i));
        }

        assertThat(entries("?subject=pager")).hasSize(7);
        assertThat(entries("?subject=pager&agent=odd")).hasSize(3);
        assertThat(entries("?connection=c-4&subject=pager")).hasSize(1);
        var first = RunningVault.json(vault.get(AUDIT + "?subject=pager&limit=4"));
        var rest = entries("?subject=pager&limit=4&after=" + first.get("next"));
        assertThat(rest).hasSize(3);
        assertThat(rest.getFirst().get("connection")).isEqualTo("c-4");
        var latest = log.latest(new AuditFilter("pager", null, null), Long.MAX_VALUE, 2)
                .map(AuditEntry::connection)
                .collectList()
                .block();
        assertThat(latest).containsExactly("c-6", "c-5");
    }

    @Test
    void aTokenIsRecognisedByADigestThatNobodyElseCanMake() {
        var token = "gho_" + UUID.randomUUID();
        append(use("digests", "a").token(Secret.of(token)), use("digests", "a").token(Secret.of(token)));
        append(use("digests", "a").token(Secret.of("another")));

        var digests = entries("?subject=digests").stream()
                .map(entry -> String.valueOf(entry.get("tokenDigest")))
                .toList();

        assertThat(digests.get(0))
                .matches("[0-9a-f]{64}")
                .isEqualTo(digests.get(1))
                .isNotEqualTo(digests.get(2));
        assertThat(digests.get(0)).isNotEqualTo(Sha256.of(token).hex());
        assertThat(String.join("", vault.texts("SELECT audit_entry::text FROM audit_entry")))
                .doesNotContain(token);
    }

    @Test
    void whatOthersWroteIsStoredWhateverItHolds() {
        append(use("a\u0000b\nc", "\uD800").purpose("x".repeat(10_000)).detail("\uD83D\uDE80 'quoted\" \\"));

        var entry = log.latest(new AuditFilter("a\uFFFDb\uFFFDc", null, null), Long.MAX_VALUE, 1)
                .blockLast();

        assertThat(Objects.requireNonNull(entry).purpose()).hasSize(AuditEvent.MAX_LENGTH);
        assertThat(entry.detail()).isEqualTo("\uD83D\uDE80 'quoted\" \\");
        assertThat(verification(vault, "")).containsEntry("outcome", "whole");
    }

    @Test
    void whoLeavesDoesNotTakeTheEntryBack() {
        log.append(use("hasty", "a")).subscribe().dispose();

        Eventually.holds("it is recorded", () -> !entries("?subject=hasty").isEmpty());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            UPDATE audit_entry SET purpose = 'nothing' WHERE sequence = 3 | 3
            UPDATE audit_entry SET subject = NULL WHERE sequence = 2 | 2
            UPDATE audit_entry SET at = at + interval '1 microsecond' WHERE sequence = 4 | 4
            UPDATE audit_entry SET agent = provider, provider = agent WHERE sequence = 2 | 2
            UPDATE audit_entry SET token_digest = '' WHERE sequence = 1 | 1
            UPDATE audit_entry SET hash = decode(repeat('ab', 32), 'hex') WHERE sequence = 5 | 5
            UPDATE audit_entry SET hash = '' WHERE sequence = 5 | 5
            DELETE FROM audit_entry WHERE sequence = 1 | 1
            DELETE FROM audit_entry WHERE sequence = 4 | 4
            DELETE FROM audit_entry WHERE sequence = (SELECT max(sequence) FROM audit_entry) | 6
            DELETE FROM audit_entry | 1
            UPDATE audit_head SET sequence = 5 | 5
            UPDATE audit_head SET hash = decode(repeat('ab', 32), 'hex') | 6
            """)
    void tamperingIsFoundWhereItBegins(String tampering, long firstBroken) {
        inACopy(copy -> {
            copy.sql(tampering);
            assertThat(verification(copy, ""))
                    .containsEntry("outcome", "broken")
                    .containsEntry("firstBroken", firstBroken)
                    .containsEntry("through", firstBroken - 1);
        });
    }

    @Test
    void entriesInAnotherOrderAreFound() {
        inACopy(copy -> {
            copy.sql("UPDATE audit_entry SET sequence = -sequence WHERE sequence IN (2, 4)");
            copy.sql("UPDATE audit_entry SET sequence = CASE sequence WHEN -2 THEN 4 ELSE 2 END WHERE sequence < 0");
            assertThat(verification(copy, ""))
                    .containsEntry("outcome", "broken")
                    .containsEntry("firstBroken", 2L);
        });
    }

    /// A vault of its own with six entries, its chain whole before and after; one for all such tests, put back
    /// each time.
    private static void inACopy(java.util.function.Consumer<RunningVault> tampering) {
        var copy = Copy.VAULT;
        copy.sql("CREATE TABLE IF NOT EXISTS entries_kept AS SELECT * FROM audit_entry");
        copy.sql("CREATE TABLE IF NOT EXISTS head_kept AS SELECT * FROM audit_head");
        assertThat(verification(copy, "")).containsEntry("outcome", "whole").containsEntry("end", 6L);
        try {
            tampering.accept(copy);
        } finally {
            copy.sql("DELETE FROM audit_entry");
            copy.sql("DELETE FROM audit_head");
            copy.sql("INSERT INTO audit_entry SELECT * FROM entries_kept");
            copy.sql("INSERT INTO audit_head SELECT * FROM head_kept");
        }
        assertThat(verification(copy, "")).containsEntry("outcome", "whole");
    }

    private static final class Copy {
        static final RunningVault VAULT = start();

        private static RunningVault start() {
            var started = RunningVault.start();
            var log = started.bean(AuditLog.class);
            for (int i = 1; i <= 6; i++) {
                log.append(use("alice", "agent-" + i)).block();
            }
            return started;
        }
    }

    @AfterAll
    static void stopTheCopy() {
        Copy.VAULT.close();
    }

    @Test
    void aLongChainIsVerifiedInParts() {
        for (int i = 0; i < 5; i++) {
            append(use("parts", "a"));
        }

        var part = verification(vault, "?limit=3");

        assertThat(part).containsEntry("outcome", "unfinished").containsEntry("through", 3L);
        assertThat(verification(vault, "?after=3")).containsEntry("outcome", "whole");
        assertThat(vault.get(VERIFICATION + "?after=" + (end() + 100)).statusCode())
                .isEqualTo(404);
    }

    @Test
    void twoVaultsThatAppendAtOnceMakeOneWholeChain() {
        try (var other = RunningVault.start(DATABASE, Map.of())) {
            long before = end();

            var mine = Flux.range(0, 500).flatMap(i -> log.append(use("busy", "one-" + i)), 64);
            var theirs =
                    Flux.range(0, 500).flatMap(i -> other.bean(AuditLog.class).append(use("busy", "two-" + i)), 64);
            Flux.merge(mine, theirs).blockLast(Duration.ofMinutes(2));

            assertThat(verification(vault, "")).containsEntry("outcome", "whole");
            assertThat(end()).isGreaterThanOrEqualTo(before + 1000);
            assertThat(vault.texts("SELECT count(DISTINCT agent)::text FROM audit_entry WHERE subject = 'busy'"))
                    .containsExactly("1000");
        }
    }

    @Test
    void withoutItsDatabaseNothingIsRecordedAndTheCallerIsToldSo() {
        try (var postgres = TestPostgres.start();
                var alone = RunningVault.start(postgres.newDatabase(), Map.of())) {
            var log = alone.bean(AuditLog.class);
            log.append(use("before", "a")).block();
            postgres.stop();
            try {
                var failures = Flux.range(0, 20)
                        .flatMap(_ -> log.append(use("during", "a")).materialize(), 20)
                        .filter(signal -> signal.getThrowable() instanceof ProblemException problem
                                && problem.problem().status() == 503
                                && problem.headers().containsKey("Retry-After"))
                        .collectList()
                        .block(Duration.ofMinutes(2));
                assertThat(failures).hasSize(20);
                assertThat(catchThrowable(() -> log.append(use("during", "a")).block(Duration.ofMinutes(2))))
                        .isInstanceOf(ProblemException.class);
                assertThat(alone.get(AUDIT).statusCode()).isEqualTo(503);
                assertThat(alone.get(VERIFICATION).statusCode()).isEqualTo(503);
            } finally {
                postgres.restart();
            }
            Eventually.holds(
                    "it is recorded again",
                    () -> log.append(use("after", "a"))
                            .materialize()
                            .blockOptional()
                            .orElseThrow()
                            .isOnComplete());
            assertThat(verification(alone, "")).containsEntry("outcome", "whole");
        }
    }

    /// The digest of a token needs the keys: without them the token is not given out, but what has none is
    /// recorded.
    @Test
    void withoutItsKeysNoTokenIsRecordedAndNoSecretIsStored(@TempDir Path folder) throws IOException {
        var tokenFile = Files.writeString(folder.resolve("token"), "hvs.nobody-listens");
        try (var alone = RunningVault.start(Map.of(
                "behalf.vault.keys.provider",
                "transit",
                "behalf.vault.keys.transit.url",
                "http://127.0.0.1:1",
                "behalf.vault.keys.transit.key",
                "behalf",
                "behalf.vault.keys.transit.token-file",
                tokenFile.toString()))) {
            var log = alone.bean(AuditLog.class);

            assertThat(catchThrowable(() -> log.append(use("alice", "a").token(Secret.of("a-token")))
                            .block()))
                    .isInstanceOf(KeysUnavailable.class);
            assertThat(catchThrowable(() -> alone.bean(SealedSecrets.class)
                            .put(SecretLabel.of("alice", "connection/1", "tokens"), Secret.of("x"))
                            .block()))
                    .isInstanceOf(KeysUnavailable.class);
            assertThat(alone.get("/api/v1/vault/keys").statusCode()).isEqualTo(503);
            assertThat(alone.get("/api/v1/vault/keys").headers().firstValue("Retry-After"))
                    .isPresent();
            log.append(use("alice", "a")).block();
            assertThat(verification(alone, ""))
                    .containsEntry("outcome", "whole")
                    .containsEntry("end", 1L);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "?limit=0",
                "?limit=1001",
                "?limit=x",
                "?after=-1",
                "?after=99999999999999999999",
                "?subject=%00",
                "/verification?after=-1",
                "/verification?limit=100001"
            })
    void nonsenseIsABadRequest(String query) {
        assertThat(vault.get(AUDIT + query).statusCode()).isEqualTo(400);
    }

    @Test
    void onlyOperatorsWithTheScopeMayLook() {
        for (var path : List.of(AUDIT, VERIFICATION)) {
            assertThat(vault.get(path, null).statusCode()).isEqualTo(401);
            assertThat(vault.get(path, RunningVault.operator("vault-keys:read")).statusCode())
                    .isEqualTo(403);
            assertThat(vault.get(path, RunningVault.operator("audit:read")).statusCode())
                    .isEqualTo(200);
        }
    }
}
