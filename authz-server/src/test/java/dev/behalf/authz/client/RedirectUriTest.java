package dev.behalf.authz.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// RFC 9700 §2.1 and RFC 8252 §7.3: the same text, but for the port of a loopback address.
class RedirectUriTest {

    @ParameterizedTest
    @CsvSource({
        "https://agent.example/callback, https://agent.example/callback",
        "https://agent.example/callback?a=1, https://agent.example/callback?a=1",
        "http://127.0.0.1/callback, http://127.0.0.1:49152/callback",
        "http://127.0.0.1:3000/callback, http://127.0.0.1/callback",
        "http://[::1]:3000/callback, http://[::1]:3001/callback",
        "http://localhost:3000/callback, http://localhost:3001/callback",
        "http://localhost:3000, http://localhost:1",
        "com.example.agent:/callback, com.example.agent:/callback"
    })
    void acceptedAre(String registered, String asked) {
        assertThat(client(registered).accepts(asked)).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "https://agent.example/callback, https://agent.example/callback/",
        "https://agent.example/callback, https://agent.example/Callback",
        "https://agent.example/callback, https://agent.example/callback?a=1",
        "https://agent.example/callback, https://agent.example/callback#x",
        "https://agent.example/callback, https://agent.example/callback/../evil",
        "https://agent.example/callback, https://agent.example:443/callback",
        "https://agent.example/callback, https://AGENT.example/callback",
        "https://agent.example/callback, https://agent.example.evil/callback",
        "https://agent.example/callback, http://agent.example/callback",
        "https://127.0.0.1/callback, https://127.0.0.1:8443/callback",
        "http://127.0.0.1/callback, http://localhost/callback",
        "http://localhost/callback, http://127.0.0.1/callback",
        "http://127.0.0.1/callback, http://127.0.0.1:80@evil.example/callback",
        "http://127.0.0.1/callback, http://127.0.0.1:/callback",
        "http://127.0.0.1/callback, http://127.0.0.1:123456/callback",
        "http://127.0.0.1/callback, http://127.0.0.1.evil.example/callback",
        "http://127.0.0.1/callback, http://127.0.0.1:3000/callback?x",
        "http://127.0.0.1/callback, http://127.0.0.1:3000/other",
        "http://127.0.0.1/callback, HTTP://127.0.0.1/callback",
        "com.example.agent:/callback, com.example.agent:/callback2"
    })
    void refusedAre(String registered, String asked) {
        assertThat(client(registered).accepts(asked)).isFalse();
    }

    private static ClientMetadata client(String redirectUri) {
        return ClientMetadata.of(Map.of("redirect_uris", List.of(redirectUri)));
    }
}
