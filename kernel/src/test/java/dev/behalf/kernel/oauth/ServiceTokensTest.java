package dev.behalf.kernel.oauth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.behalf.kernel.outbound.HttpCallFailed;
import dev.behalf.kernel.secret.Secret;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;

/// Against a token endpoint that answers what the test says.
class ServiceTokensTest {

    private final ManualClock clock = new ManualClock();
    private final AtomicInteger requests = new AtomicInteger();
    private volatile int status = 200;
    private volatile String answer = "";
    private HttpServer server = create();
    private ServiceTokens tokens = new ServiceTokens(settings(), clock);

    private static HttpServer create() {
        try {
            return HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 100);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private OAuthSettings settings() {
        return new OAuthSettings(
                "http://behalf.test",
                URI.create("http://127.0.0.1:" + server.getAddress().getPort()),
                null,
                "a-secret-of-this-test-that-is-long-enough",
                "kernel-test");
    }

    @BeforeEach
    void start() {
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/oauth/token", exchange -> {
            try (exchange) {
                int number = requests.incrementAndGet();
                var body = answer.replace("{n}", Integer.toString(number)).getBytes(StandardCharsets.UTF_8);
                exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
                exchange.getResponseBody().write(body);
            }
        });
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "<html>",
                "[]",
                "null",
                "{}",
                "{\"access_token\":\"t\"",
                "{\"access_token\":\"t\",\"access_token\":\"u\",\"expires_in\":600}",
                "{\"access_token\":\"t\"}",
                "{\"access_token\":1,\"expires_in\":600}",
                "{\"access_token\":\"\",\"expires_in\":600}",
                "{\"access_token\":\"a b\",\"expires_in\":600}",
                "{\"access_token\":\"a\\r\\nX-Evil: 1\",\"expires_in\":600}",
                "{\"access_token\":\"t\",\"expires_in\":\"600\"}",
                "{\"access_token\":\"t\",\"expires_in\":6.5}",
                "{\"access_token\":\"t\",\"expires_in\":0}",
                "{\"access_token\":\"t\",\"expires_in\":-1}",
                "{\"access_token\":\"t\",\"expires_in\":9223372036854775807}",
                "{\"access_token\":\"t\",\"expires_in\":99999999999999999999999}"
            })
    void anAnswerWithoutAUsableTokenIsAFailedCall(String body) {
        answer = body;

        assertThatThrownBy(this::token).isInstanceOf(HttpCallFailed.class);
    }

    @ParameterizedTest
    @ValueSource(ints = {302, 400, 401, 500, 503})
    void anAnswerOfAnotherStatusIsAFailedCall(int status) {
        this.status = status;
        answer = "{\"access_token\":\"t\",\"expires_in\":600}";

        assertThatThrownBy(this::token)
                .isInstanceOf(HttpCallFailed.class)
                .hasMessage("the authorization server answered " + status);
    }

    @Test
    void aTokenIsKeptUntilShortlyBeforeItExpires() {
        answer = "{\"access_token\":\"t{n}\",\"expires_in\":600}";

        assertThat(token()).isEqualTo("t1");
        clock.forward(Duration.ofSeconds(569));
        assertThat(token()).isEqualTo("t1");
        clock.forward(Duration.ofSeconds(1));
        assertThat(token()).isEqualTo("t2");
        tokens.forget(Audience.IDP_REGISTRY);
        assertThat(token()).isEqualTo("t3");
    }

    @Test
    void manyWhoNeedATokenAtOnceAskOnce() {
        answer = "{\"access_token\":\"t{n}\",\"expires_in\":600}";

        var all = Flux.range(0, 50)
                .flatMap(_ -> tokens.forAudience(Audience.IDP_REGISTRY), 50)
                .map(Secret::reveal)
                .collectList()
                .block();

        assertThat(all).hasSize(50).containsOnly("t1");
    }

    @Test
    void aFailureIsNotKept() {
        status = 503;
        assertThatThrownBy(this::token).isInstanceOf(HttpCallFailed.class);

        status = 200;
        answer = "{\"access_token\":\"t{n}\",\"expires_in\":600}";
        assertThat(token()).isEqualTo("t2");
    }

    private String token() {
        return Objects.requireNonNull(tokens.forAudience(Audience.IDP_REGISTRY).block())
                .reveal();
    }
}
