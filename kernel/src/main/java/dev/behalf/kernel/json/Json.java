package dev.behalf.kernel.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Reads JSON into plain Java values, and writes them back.
///
/// Read: `Map<String, Object>` in document order, `List<Object>`, `String`, `Boolean`, `Long`, `BigInteger`,
/// `BigDecimal` and `null`. Refused, beyond what RFC 8259 refuses: a member named twice (RFC 7493 §2.3), a byte
/// order mark, bytes that are not UTF-8, text after the value, more than [#MAX_DEPTH] levels, a number of more
/// than [#MAX_NUMBER_LENGTH] characters.
public final class Json {

    /// The most objects and arrays that may stand inside one another.
    public static final int MAX_DEPTH = 32;

    /// The most characters that a number may have.
    public static final int MAX_NUMBER_LENGTH = 64;

    private static final JsonFactory FACTORY = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(MAX_DEPTH)
                    .maxNumberLength(MAX_NUMBER_LENGTH)
                    .build())
            .build();

    private Json() {}

    /// @throws InvalidJson when the bytes are not exactly one JSON value of UTF-8 text
    public static @Nullable Object read(byte[] utf8) {
        try {
            var text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8));
            return read(text.toString());
        } catch (CharacterCodingException e) {
            throw new InvalidJson("not UTF-8");
        }
    }

    /// @throws InvalidJson when the text is not exactly one JSON value
    public static @Nullable Object read(String text) {
        try (var parser = FACTORY.createParser(text)) {
            if (parser.nextToken() == null) {
                throw new InvalidJson("empty");
            }
            var value = value(parser);
            if (parser.nextToken() != null) {
                throw new InvalidJson("text after the value");
            }
            return value;
        } catch (NumberFormatException | ArithmeticException e) {
            throw new InvalidJson("a number is out of range"); // an exponent beyond what a decimal can hold
        } catch (IOException e) {
            throw InvalidJson.from(e);
        }
    }

    /// @throws InvalidJson when the bytes are not exactly one JSON object
    public static Map<String, @Nullable Object> readObject(byte[] utf8) {
        return object(read(utf8));
    }

    /// @throws InvalidJson when the text is not exactly one JSON object
    public static Map<String, @Nullable Object> readObject(String text) {
        return object(read(text));
    }

    /// Writes what [#read] returns, and any `Number`, as compact JSON.
    public static byte[] write(@Nullable Object value) {
        var bytes = new ByteArrayOutputStream(256);
        try (var generator = FACTORY.createGenerator(bytes)) {
            write(value, generator);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /// [#write] as text.
    public static String text(@Nullable Object value) {
        return new String(write(value), StandardCharsets.UTF_8);
    }

    @SuppressWarnings("unchecked")
    private static Map<String, @Nullable Object> object(@Nullable Object value) {
        if (value instanceof Map<?, ?> map) {
            return (Map<String, @Nullable Object>) map;
        }
        throw new InvalidJson("not an object");
    }

    private static @Nullable Object value(JsonParser parser) throws IOException {
        return switch (parser.currentToken()) {
            case START_OBJECT -> {
                var map = new LinkedHashMap<String, @Nullable Object>();
                while (parser.nextToken() == JsonToken.FIELD_NAME) {
                    var name = parser.currentName();
                    parser.nextToken();
                    map.put(name, value(parser));
                }
                yield map;
            }
            case START_ARRAY -> {
                var list = new ArrayList<@Nullable Object>();
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    list.add(value(parser));
                }
                yield list;
            }
            case VALUE_STRING -> parser.getText();
            case VALUE_NUMBER_INT ->
                switch (parser.getNumberType()) {
                    case INT, LONG -> parser.getLongValue();
                    default -> parser.getBigIntegerValue();
                };
            case VALUE_NUMBER_FLOAT -> parser.getDecimalValue();
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            case VALUE_NULL -> null;
            default -> throw new InvalidJson("unexpected token");
        };
    }

    private static void write(@Nullable Object value, JsonGenerator out) throws IOException {
        switch (value) {
            case null -> out.writeNull();
            case Map<?, ?> map -> {
                out.writeStartObject();
                for (var entry : map.entrySet()) {
                    out.writeFieldName(String.valueOf(entry.getKey()));
                    write(entry.getValue(), out);
                }
                out.writeEndObject();
            }
            case Collection<?> list -> {
                out.writeStartArray();
                for (var item : list) {
                    write(item, out);
                }
                out.writeEndArray();
            }
            case Boolean bool -> out.writeBoolean(bool);
            case BigInteger number -> out.writeNumber(number);
            case BigDecimal number -> out.writeNumber(number);
            case Double number -> out.writeNumber(number);
            case Number number -> out.writeNumber(number.longValue());
            default -> out.writeString(value.toString());
        }
    }
}
