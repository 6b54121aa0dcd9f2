package dev.behalf.vault.leak;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.AppenderBase;
import dev.behalf.kernel.oauth.Audience;
import dev.behalf.kernel.secret.Secret;
import dev.behalf.testkit.Eventually;
import dev.behalf.testkit.FakeAuthzServer;
import dev.behalf.testkit.FakeOpenIdProvider;
import dev.behalf.testkit.FakeRegistrationServer;
import dev.behalf.testkit.FakeRegistrationServer.Answer;
import dev.behalf.testkit.FakeRegistrationServer.Form;
import dev.behalf.testkit.TestKafka;
import dev.behalf.vault.RotatingProvider;
import dev.behalf.vault.RunningVault;
import dev.behalf.vault.VaultUser;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/// Every kind of call is made, those that fail too; then every secret that was used is looked for wherever the
/// vault has written anything.
class LeakTest {

    private static final String PASTED = "a-pasted-key-that-is-secret";
    private static final String CLIENT_SECRET = "a-client-secret-of-an-operator";
    private static final String INITIAL = "an-initial-access-token-that-is-secret";

    /// What was logged, by whomever, with the traces of what was thrown.
    private static final class Log extends AppenderBase<ILoggingEvent> {
        private final Queue<String> lines = new ConcurrentLinkedQueue<>();

        @Override
        protected void append(ILoggingEvent event) {
            lines.add(event.getFormattedMessage()
                    + (event.getThrowableProxy() == null
                            ? ""
                            : ThrowableProxyUtil.asString(event.getThrowableProxy())));
        }
    }

    /// What the vault answered, apart from those answers whose purpose it is to give the token.
    private final List<String> answers = new ArrayList<>();
    private final Set<String> secrets = new LinkedHashSet<>(
            Set.of(PASTED, CLIENT_SECRET, INITIAL, "refresh-token-secret-", "access-token-secret-"));

    @Test
    void noSecretIsInAnyAnswerLogMetricTableOrEvent(@TempDir Path folder) throws Exception {
        var log = new Log();
        var root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        var ours = (Logger) LoggerFactory.getLogger("dev.behalf");
        log.setContext(root.getLoggerContext());
        log.start();
        root.addAppender(log);
        ours.setLevel(Level.TRACE);
        int management = dev.behalf.embedded.Ports.free();
        try (var provider = RotatingProvider.start();
                var kafka = TestKafka.start();
                var server = new FakeRegistrationServer(Form.ROOT)) {
            var settings = new HashMap<>(provider.settings(folder));
            settings.put("behalf.outbound.allow", List.of(provider.hostAndPort(), server.host()));
            settings.put("behalf.vault.refresh.retry-after", "200ms");
            settings.put("endpoints.all.port", management);
            settings.put("behalf.kafka.bootstrap-servers", kafka.bootstrapServers());
            secrets.add(Files.readString(folder.resolve("client-secret")));
            try (var vault = RunningVault.start(settings)) {
                connections(vault, provider);
                identityCalls(vault, provider);
                operators(vault, server);
                server.secrets().forEach(secrets::add);
                provider.given().forEach(secrets::add);
                provider.refreshTokens().forEach(secrets::add);

                assertThat(secrets).hasSizeGreaterThan(15);
                nowhere("an answer", answers);
                nowhere("the log", log.lines);
                nowhere("a metric", List.of(metrics(management)));
                nowhere("a table", tables(vault));
                nowhere("an event", events(vault, kafka));
            }
            nowhere("the log of the end", log.lines);
        } finally {
            root.detachAppender(log);
            ours.setLevel(null);
        }
    }

    private void connections(RunningVault vault, RotatingProvider provider) {
        var user = new VaultUser();
        var url = user.begin(vault);
        var back = provider.approve(url, "octocat");
        secrets.add(back.getOrDefault("code", ""));
        seen(user.complete(vault, back));
        seen(user.complete(vault, back)); // again
        seen(user.complete(vault, Map.of("state", "unknown", "code", "a-code")));
        var id = String.valueOf(user.connections(vault).getFirst().get("id"));
        seen(vault.get("/api/v1/connections", user.own()));
        seen(user.ask(vault, ""));
        user.allow(vault, id);
        user.ask(vault, "?purpose=to%20look"); // gives it
        seen(user.ask(vault, "?scopes=more"));
        seen(user.ask(vault, "?unknown=1"));

        seen(vault.post(
                "/api/v1/connections/keys", Map.of("provider", "keys", "key", PASTED, "account", "mine"), user.own()));
        seen(vault.post("/api/v1/connections/keys", Map.of("provider", "demo", "key", PASTED), user.own()));
        seen(vault.post("/api/v1/connections/keys", Map.of("key", PASTED), user.own()));
        seen(vault.send(vault.request("/api/v1/connections/keys", user.own())
                .header("Content-Type", "application/json")
                .POST(java.net.http.HttpRequest.BodyPublishers.ofString("{\"key\":\"" + PASTED + "\",}"))));

        vault.clock().forward(Duration.ofSeconds(RotatingProvider.LIFETIME_SECONDS + 1));
        provider.failWith(500, "server_error");
        seen(user.ask(vault, ""));
        provider.failWith(401, "invalid_client");
        vault.clock().forward(Duration.ofSeconds(5));
        seen(user.ask(vault, ""));
        provider.failWith(null, "");
        vault.clock().forward(Duration.ofSeconds(5));
        user.ask(vault, ""); // refreshes, and gives it
        vault.clock().forward(Duration.ofSeconds(RotatingProvider.LIFETIME_SECONDS + 1));
        provider.forgetRefreshTokens();
        seen(user.ask(vault, ""));

        // a stored secret that was changed does not open, and the attempt is logged
        vault.sql("UPDATE sealed_secret SET sealed = set_byte(sealed, length(sealed) - 1,"
                + " get_byte(sealed, length(sealed) - 1) # 1) WHERE record = 'connection/" + id + "'");
        user.connect(vault, provider, "second");
        seen(vault.send(vault.request("/api/v1/connections/" + id, user.own()).DELETE()));
    }

    private void identityCalls(RunningVault vault, RotatingProvider provider) {
        var user = new VaultUser();
        var own = "Bearer "
                + FakeAuthzServer.shared()
                        .token(
                                Audience.TOKEN_VAULT,
                                "connections:read connections:manage connections:use",
                                Map.of("sub", user.name(), "client_id", "the-app"));
        var back = provider.approve(user.begin(vault), "octocat");
        secrets.add(back.getOrDefault("code", ""));
        var exchange = Map.of(
                "provider",
                "demo",
                "code",
                back.getOrDefault("code", ""),
                "state",
                back.getOrDefault("state", ""),
                "redirect_uri",
                RotatingProvider.REDIRECT);
        var tokens = RunningVault.json(vault.post("/api/v1/identity/oauth/token", exchange, own)); // gives it
        var access = String.valueOf(tokens.get("access_token"));
        secrets.add(access);
        seen(vault.post("/api/v1/identity/oauth/token", exchange, own));
        var ofIt = Map.of("provider", "demo", "access_token", access);
        seen(vault.post("/api/v1/identity/oauth/userinfo", ofIt, own));
        seen(vault.post("/api/v1/identity/oauth/userinfo", ofIt, new VaultUser().own()));
        seen(vault.post("/api/v1/identity/oauth/revoke", ofIt, own));
        seen(vault.post("/api/v1/identity/oauth/revoke", ofIt, own));
    }

    private void operators(RunningVault vault, FakeRegistrationServer server) {
        var as = "/api/v1/providers/as";
        Map<String, Object> client = Map.of("client", Map.of("id", "x", "secret", CLIENT_SECRET));
        seen(vault.put("/api/v1/providers/github", client));
        seen(vault.put("/api/v1/providers/nobody", client));
        seen(vault.get("/api/v1/providers/github"));

        server.wants(INITIAL);
        seen(vault.put(as, Map.of("discover", Map.of("issuer", server.issuer(), "initialAccessToken", "x" + INITIAL))));
        seen(vault.put(as, Map.of("discover", Map.of("issuer", server.issuer(), "initialAccessToken", INITIAL))));
        seen(vault.get(as));
        seen(vault.get(as + "/registration"));
        seen(vault.get(as + "/registration?at=server"));
        seen(vault.put(as + "/registration", Map.of("client_name", "Renamed")));
        seen(vault.post(as + "/registration", Map.of("initialAccessToken", INITIAL)));

        var user = new VaultUser();
        var begun = vault.post(
                "/api/v1/connections/authorizations",
                Map.of("provider", "as", "redirect_uri", RotatingProvider.REDIRECT),
                user.own());
        var url = URI.create(String.valueOf(RunningVault.json(begun).get("authorization_url")));
        secrets.add(FakeOpenIdProvider.parameters(url.getRawQuery()).getOrDefault("state", ""));
        var back = server.approve(url);
        secrets.add(back.getOrDefault("code", ""));
        seen(user.complete(vault, back));
        server.answers("/register", new Answer(500, Map.of(), "{\"client_secret\":\"" + CLIENT_SECRET + "\"}"));
        seen(vault.post(as + "/registration", Map.of("initialAccessToken", INITIAL)));
        server.answers("/register", null);

        seen(vault.post("/api/v1/vault/keys/rotations", Map.of()));
        seen(vault.get("/api/v1/vault/keys"));
        seen(vault.delete(as + "/registration"));
        seen(vault.delete(as));
        seen(vault.get("/api/v1/providers"));
        seen(vault.get("/api/v1/audit?limit=1000"));
        seen(vault.get("/api/v1/audit/verification"));
    }

    private void seen(HttpResponse<String> reply) {
        answers.add(reply.statusCode() + " " + reply.headers().map() + " " + reply.body());
    }

    private void nowhere(String where, Iterable<String> texts) {
        for (var secret : secrets) {
            assertThat(secret).isNotEmpty();
            var hex = HexFormat.of().formatHex(secret.getBytes(StandardCharsets.UTF_8));
            for (var text : texts) {
                if (text.contains(secret) || text.contains(hex)) {
                    throw new AssertionError(where + " holds " + Secret.of(secret) + ", which begins with "
                            + secret.substring(0, Math.min(secret.length(), 12)) + ": " + text);
                }
            }
        }
    }

    private static String metrics(int management) {
        try (var http = java.net.http.HttpClient.newHttpClient()) {
            var reply = http.send(
                    java.net.http.HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + management + "/prometheus"))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            assertThat(reply.statusCode()).isEqualTo(200);
            return reply.body();
        } catch (java.io.IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /// Every record that the vault has published, with its key and headers.
    private static List<String> events(RunningVault vault, TestKafka kafka) {
        Eventually.holds(
                "all is published", () -> vault.texts("SELECT type FROM outbox").isEmpty());
        assertThat(vault.texts("SELECT type FROM dead_letter")).isEmpty();
        var all = new ArrayList<String>();
        Map<String, Object> settings =
                Map.of("bootstrap.servers", kafka.bootstrapServers(), "isolation.level", "read_committed");
        try (var consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            var partition = new TopicPartition("behalf.connections.v1", 0);
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
            Eventually.holds("all records are read", () -> {
                consumer.poll(Duration.ofMillis(100)).forEach(record -> {
                    var text = new StringBuilder(record.key()).append(' ').append(record.value());
                    record.headers()
                            .forEach(header ->
                                    text.append(' ').append(new String(header.value(), StandardCharsets.UTF_8)));
                    all.add(text.toString());
                });
                return consumer.position(partition) >= end;
            });
        }
        assertThat(all.toString()).contains(".connected.v1", ".refreshed.v1", ".needs-reconnect.v1", ".deleted.v1");
        return all;
    }

    /// Every row of every table, as text.
    private static List<String> tables(RunningVault vault) {
        var all = new ArrayList<String>();
        for (var table : vault.texts("SELECT table_name::text FROM information_schema.tables"
                + " WHERE table_schema = 'public' AND table_type = 'BASE TABLE'")) {
            all.addAll(vault.texts("SELECT t::text FROM \"" + table + "\" t"));
        }
        assertThat(all).hasSizeGreaterThan(20);
        return all;
    }
}
