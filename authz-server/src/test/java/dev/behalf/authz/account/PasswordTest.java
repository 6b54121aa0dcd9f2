package dev.behalf.authz.account;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What a password must be, and how it is kept.
class PasswordTest {

    @ParameterizedTest
    @ValueSource(strings = {"four words that nobody guesses", "xK3?xK3?xK3?", "äöüÄÖÜ日本語パスワ"})
    void aLongOneThatNobodyWouldTryFirstIsGood(String password) {
        assertThat(Password.of(password).fault("alice")).isNull();
    }

    @ParameterizedTest
    @CsvSource({
        "elevenchars, password.short",
        "'', password.short",
        "Password1234, password.common",
        "123456789012, password.common",
        "aaaaaaaaaaaaaaaaaaaa, password.common",
        "abababababababab, password.common",
        "ALICE@EXAMPLE.COM, password.common",
    })
    void aShortOrCommonOneIsNot(String password, String fault) {
        assertThat(Password.of(password).fault("alice@example.com")).isEqualTo(fault);
    }

    @Test
    void itsLengthIsCountedInCharactersAndBounded() {
        assertThat(Password.of("😀".repeat(4)).fault("alice")).isEqualTo("password.short");
        assertThat(Password.of("abc".repeat(85) + "d").fault("alice")).isNull();
        assertThat(Password.of("abc".repeat(85) + "de").fault("alice")).isEqualTo("password.long");
    }

    @Test
    void itIsKeptAsArgon2idWithItsCostAndASaltOfItsOwn() {
        var kept = Argon2id.of("four words", 7168, 1);
        var again = Argon2id.of("four words", 7168, 1);

        assertThat(kept.text()).startsWith("$argon2id$v=19$m=7168,t=1,p=1$").isNotEqualTo(again.text());
        var read = Argon2id.parse(kept.text()).orElseThrow();
        assertThat(read.matches("four words")).isTrue();
        assertThat(read.matches("four word")).isFalse();
        assertThat(read.costs(7168, 1)).isTrue();
        assertThat(read.costs(19456, 2)).isFalse();
        assertThat(kept.toString()).isEqualTo("Argon2id[redacted]");
    }

    /// Made by the reference implementation: `echo -n password | argon2 somesaltsomesalt -id -t 2 -k 19456 -p
    /// 1`.
    @Test
    void whatAnotherImplementationKeptIsRead() {
        var kept = Argon2id.parse(
                        "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$K13EBUiG7JV+9ZxztmHFTdb7J0WQsnj2V8bZaqyPptE")
                .orElseThrow();

        assertThat(kept.matches("password")).isTrue();
        assertThat(kept.matches("Password")).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "$argon2i$v=19$m=7168,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                "$argon2id$v=19$m=9999999,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                "$argon2id$v=19$m=7168,t=1,p=1$AAAA$AAAA"
            })
    void whatIsNoKeptPasswordIsNotRead(String text) {
        assertThat(Argon2id.parse(text)).isEmpty();
    }
}
