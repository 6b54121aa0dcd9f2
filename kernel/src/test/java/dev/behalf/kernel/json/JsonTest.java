package dev.behalf.kernel.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {

    @Test
    void aSetIsWrittenAsAnArray() {
        assertThat(Json.text(Map.of("scopes", new TreeSet<>(List.of("b", "a")))))
                .isEqualTo("{\"scopes\":[\"a\",\"b\"]}");
    }

    @Test
    void whatIsWrittenIsReadBack() {
        var value = Map.of("a", "b");

        assertThat(Json.readObject(Json.write(value))).isEqualTo(value);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "{\"a\":1,\"a\":2}",
                "{\"a\":1} x",
                "[]",
                "null",
                "{\"exp\":1e9999999999}",
                "{\"exp\":1e-9999999999}",
                "{\"exp\":-1e99999999999999999999}",
                "{\"exp\":NaN}",
                "{\"exp\":01}",
                "\uFEFF{}",
            })
    void whatIsNotExactlyOneObjectIsRefusedAndNothingElseIsThrown(String text) {
        assertThatThrownBy(() -> Json.readObject(text)).isInstanceOf(InvalidJson.class);
    }

    @Test
    void whatIsNestedTooDeepIsRefused() {
        var text = "{\"a\":" + "[".repeat(100) + "]".repeat(100) + "}";

        assertThatThrownBy(() -> Json.readObject(text)).isInstanceOf(InvalidJson.class);
    }

    @Test
    void bytesThatAreNotUtf8AreRefused() {
        assertThatThrownBy(() -> Json.read(new byte[] {'"', (byte) 0xc0, (byte) 0x80, '"'}))
                .isInstanceOf(InvalidJson.class);
    }
}
