package dev.behalf.vault.secret;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.behalf.kernel.database.Database;
import dev.behalf.kernel.secret.Secret;
import dev.behalf.testkit.TestPostgres;
import dev.behalf.vault.RunningVault;
import dev.behalf.vault.crypto.NotDecryptable;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

class SealedSecretsTest {

    private static final Map<String, String> DATABASE = TestPostgres.shared().newDatabase();

    private static RunningVault vault;
    private static SealedSecrets secrets;

    @BeforeAll
    static void start() {
        vault = RunningVault.start(DATABASE, Map.of());
        secrets = vault.bean(SealedSecrets.class);
    }

    @AfterAll
    static void stop() {
        vault.close();
    }

    private static SecretLabel somewhere(String owner) {
        return SecretLabel.of(owner, "connection/" + UUID.randomUUID(), "tokens");
    }

    @CanIgnoreReturnValue
    private static SecretLabel stored(String owner, String value) {
        var label = somewhere(owner);
        assertThat(secrets.put(label, Secret.of(value)).block()).isEqualTo(1);
        return label;
    }

    private static @Nullable String value(SecretLabel label) {
        var opened = secrets.get(label).block();
        return opened == null ? null : opened.value().reveal();
    }

    private static String where(SecretLabel label) {
        return " WHERE record = '" + label.record() + "'";
    }

    private static void isRefusedAndAudited(SecretLabel label) {
        assertThat(catchThrowable(() -> value(label)))
                .isInstanceOfSatisfying(
                        NotDecryptable.class,
                        refusal -> assertThat(refusal.problem().status()).isEqualTo(409));
        var audit = vault.get("/api/v1/audit?limit=1000&subject=" + label.owner());
        assertThat(audit.body()).contains("secret.undecryptable").contains(label.record());
    }

    @Test
    void whatIsPutIsFoundWithItsVersion() {
        var label = stored("alice", "one");
        assertThat(secrets.put(label, Secret.of("two")).block()).isEqualTo(2);

        var opened = Objects.requireNonNull(secrets.get(label).block());

        assertThat(opened.value().reveal()).isEqualTo("two");
        assertThat(opened.version()).isEqualTo(2);
        assertThat(secrets.version(label).block()).isEqualTo(2);
    }

    @Test
    void whereNothingIsNothingIsFound() {
        assertThat(secrets.get(somewhere("alice")).block()).isNull();
        assertThat(secrets.version(somewhere("alice")).block()).isZero();
        assertThat(secrets.shred(somewhere("alice")).block()).isFalse();
    }

    @Test
    void ofManyWhoReplaceTheSameVersionOneSucceeds() {
        var label = stored("alice", "one");

        var winners = Flux.range(0, 20)
                .flatMap(i -> secrets.replace(label, 1, Secret.of("by " + i)).map(_ -> i), 20)
                .collectList()
                .block();

        assertThat(winners).hasSize(1);
        assertThat(value(label))
                .isEqualTo("by " + Objects.requireNonNull(winners).getFirst());
        assertThat(secrets.version(label).block()).isEqualTo(2);
    }

    @Test
    void whoSawAnotherVersionReplacesNothing() {
        var label = stored("alice", "one");
        var absent = somewhere("alice");

        assertThat(secrets.replace(label, 0, Secret.of("x")).block()).isNull();
        assertThat(secrets.replace(label, 2, Secret.of("x")).block()).isNull();
        assertThat(secrets.replace(absent, 1, Secret.of("x")).block()).isNull();
        assertThat(value(label)).isEqualTo("one");
        assertThat(value(absent)).isNull();
    }

    @Test
    void whatATransactionRollsBackWasNeverThere() {
        var label = somewhere("alice");
        var prepared = Objects.requireNonNull(
                secrets.seal(label, 1, Secret.of("never")).block());

        assertThatThrownBy(() -> vault.bean(Database.class)
                        .transaction(connection -> secrets.write(connection, prepared)
                                .then(Mono.<Boolean>error(new IllegalArgumentException("on purpose"))))
                        .block())
                .hasMessage("on purpose");

        assertThat(value(label)).isNull();
        assertThat(vault.bean(Database.class)
                        .transaction(connection -> secrets.write(connection, prepared))
                        .block())
                .isTrue();
        assertThat(value(label)).isEqualTo("never");
    }

    @Test
    void theDatabaseHoldsNoSecretInTheClear() {
        var value = "gho_" + UUID.randomUUID();
        stored("alice", value);

        var dump = String.join("", vault.texts("SELECT sealed_secret::text FROM sealed_secret"));

        assertThat(dump).contains("alice");
        assertThat(dump)
                .doesNotContain(value)
                .doesNotContain(HexFormat.of().formatHex(value.getBytes(StandardCharsets.US_ASCII)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"sealed", "wrapped_dek", "sealed, wrapped_dek, kek_id", "sealed, wrapped_dek, kek_id, version"})
    void columnsExchangedBetweenTwoRowsAreRefusedAndAudited(String columns) {
        var hers = stored("alice", "hers");
        var his = stored("bob", "his");

        var row = columns.contains(",") ? "(" + columns + ")" : columns;
        vault.sql("UPDATE sealed_secret SET " + row + " = (SELECT " + columns + " FROM sealed_secret" + where(his) + ")"
                + where(hers));

        isRefusedAndAudited(hers);
        assertThat(value(his)).isEqualTo("his");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "sealed = substr(sealed, 1, length(sealed) - 1)",
                "sealed = ''",
                "sealed = set_byte(sealed, 0, 2)",
                "sealed = set_byte(sealed, 20, get_byte(sealed, 20) # 1)",
                "wrapped_dek = substr(wrapped_dek, 1, 10)",
                "wrapped_dek = ''",
                "wrapped_dek = set_byte(wrapped_dek, 20, get_byte(wrapped_dek, 20) # 128)",
                "version = version + 1"
            })
    void aChangedRowIsRefusedAndAudited(String change) {
        var label = stored("carol", "a token");

        vault.sql("UPDATE sealed_secret SET " + change + where(label));

        isRefusedAndAudited(label);
    }

    @Test
    void aKeyOfSomebodyElseIsRefusedAndAudited() {
        var label = stored("dave", "a token");
        vault.sql("INSERT INTO key_encryption_key (id, first_used_at) VALUES ('local:feedfacefeedface', now()),"
                + " ('awskms:arn:aws:kms:eu-central-1:999999999999:key/of-another', now())");

        vault.sql("UPDATE sealed_secret SET kek_id = 'local:feedfacefeedface'" + where(label));
        isRefusedAndAudited(label);
        vault.sql("UPDATE sealed_secret SET kek_id = 'awskms:arn:aws:kms:eu-central-1:999999999999:key/of-another'"
                + where(label));
        isRefusedAndAudited(label);
        vault.sql("DELETE FROM sealed_secret" + where(label));
    }

    /// A row that was moved as a whole: the reader knows better where it belongs.
    @Test
    void aRowGivenToAnotherOwnerIsRefused() {
        var hers = stored("alice", "hers");

        vault.sql("UPDATE sealed_secret SET owner = 'mallory'" + where(hers));

        isRefusedAndAudited(new SecretLabel(hers.tenant(), "mallory", hers.record(), hers.field()));
    }

    @Test
    void aShreddedSecretIsGoneWithItsKey() {
        var label = stored("alice", "gone soon");

        assertThat(secrets.shred(label).block()).isTrue();

        assertThat(value(label)).isNull();
        assertThat(vault.texts("SELECT record FROM sealed_secret" + where(label)))
                .isEmpty();
        assertThat(secrets.replace(label, 1, Secret.of("back")).block()).isNull();
    }

    @Test
    void allSecretsOfARecordOrAnOwnerAreShreddedTogether() {
        var one = SecretLabel.of("erin", "connection/7", "tokens");
        var two = SecretLabel.of("erin", "connection/7", "client");
        var three = SecretLabel.of("erin", "connection/8", "tokens");
        for (var label : List.of(one, two, three)) {
            assertThat(secrets.put(label, Secret.of("x")).block()).isEqualTo(1);
        }
        var kept = stored("frank", "kept");
        var database = vault.bean(Database.class);

        assertThat(database.transaction(connection ->
                                secrets.shredRecord(connection, SecretLabel.TENANT, "erin", "connection/7"))
                        .block())
                .isEqualTo(2);
        assertThat(value(three)).isEqualTo("x");
        assertThat(database.transaction(connection -> secrets.shredOwner(connection, SecretLabel.TENANT, "erin"))
                        .block())
                .isEqualTo(1);
        assertThat(value(three)).isNull();
        assertThat(value(kept)).isEqualTo("kept");
    }

    @Test
    void aVaultWithNoneOfTheKeysOfItsDatabaseDoesNotStart(@TempDir Path folder) throws Exception {
        stored("alice", "precious");
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));

        assertThatThrownBy(() -> RunningVault.start(
                        DATABASE,
                        Map.of(
                                "behalf.vault.keys.local.keystore",
                                folder.resolve("other.json").toString())))
                .rootCause()
                .hasMessageContaining("this vault has none of these");
    }

    @Test
    void manySecretsAreKeptApart() {
        var labels =
                IntStream.range(0, 50).mapToObj(i -> somewhere("owner-" + i)).toList();

        assertThat(Flux.fromIterable(labels)
                        .flatMap(label -> secrets.put(label, Secret.of("of " + label.owner())), 16)
                        .collectList()
                        .block())
                .hasSize(50);

        for (var label : labels) {
            assertThat(value(label)).isEqualTo("of " + label.owner());
        }
    }
}
