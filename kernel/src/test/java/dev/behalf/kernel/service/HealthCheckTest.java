package dev.behalf.kernel.service;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import org.junit.jupiter.api.Test;

final class HealthCheckTest {
    @Test
    void a_service_that_answers_200_is_healthy() throws IOException {
        assertThat(healthyWhenAnswering(200)).isTrue();
    }

    @Test
    void a_service_that_answers_503_is_not_healthy() throws IOException {
        assertThat(healthyWhenAnswering(503)).isFalse();
    }

    @Test
    void a_redirect_is_not_health() throws IOException {
        assertThat(healthyWhenAnswering(302)).isFalse();
    }

    @Test
    void a_closed_port_is_not_healthy() throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        URI endpoint = endpoint(server);
        server.stop(0);
        assertThat(HealthCheck.healthy(endpoint)).isFalse();
    }

    private static boolean healthyWhenAnswering(int status) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/health", exchange -> {
            exchange.sendResponseHeaders(status, -1);
            exchange.close();
        });
        server.start();
        try {
            return HealthCheck.healthy(endpoint(server));
        } finally {
            server.stop(0);
        }
    }

    private static URI endpoint(HttpServer server) {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/health");
    }
}
