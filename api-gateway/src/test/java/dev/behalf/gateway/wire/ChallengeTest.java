package dev.behalf.gateway.wire;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/// `WWW-Authenticate` of RFC 6750 §3: one challenge, whatever stands in it.
class ChallengeTest {

    private final Challenge challenge = new Challenge("https://gateway.example");

    @Test
    void withoutATokenThereIsNoErrorCode() {
        assertThat(challenge.missing()).isEqualTo("Bearer realm=\"https://gateway.example\"");
    }

    @Test
    void anErrorHasItsCodeAndDescription() {
        assertThat(challenge.invalidToken("the token has expired"))
                .isEqualTo("Bearer realm=\"https://gateway.example\", error=\"invalid_token\","
                        + " error_description=\"the token has expired\"");
    }

    @Test
    void everyCharacterOfADescriptionIsOneThatItMayHave() {
        var all = new StringBuilder();
        for (char c = 0; c < 0x200; c++) {
            all.append(c);
        }
        assertThat(challenge.invalidRequest(all.toString()))
                .matches("Bearer realm=\"https://gateway\\.example\", error=\"invalid_request\","
                        + " error_description=\"[\\x20-\\x21\\x23-\\x5B\\x5D-\\x7E]{512}\"");
    }
}
