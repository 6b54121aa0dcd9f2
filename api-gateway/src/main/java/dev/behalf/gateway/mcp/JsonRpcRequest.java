package dev.behalf.gateway.mcp;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.async.ByteArrayFeeder;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Finds the id of a JSON-RPC 2.0 request in a body, part by part as it comes; nothing but the member that is
/// being read is kept. A notification, a response, a batch, and whatever is not one JSON object of at most
/// [#MAX_BYTES], is no request.
public final class JsonRpcRequest implements AutoCloseable {

    /// The largest body that is looked at.
    public static final int MAX_BYTES = 1 << 20;

    private static final int MAX_DEPTH = 64;
    private static final int MAX_NUMBER_LENGTH = 64;
    private static final int MAX_ID_LENGTH = 1_000;

    private static final JsonFactory FACTORY = JsonFactory.builder()
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES) // they are whatever a client likes
            .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(MAX_DEPTH)
                    .maxNumberLength(MAX_NUMBER_LENGTH)
                    .maxStringLength(MAX_BYTES)
                    .maxDocumentLength(MAX_BYTES)
                    .build())
            .build();

    private final JsonParser parser;
    private final ByteArrayFeeder feeder;
    private int bytes;
    private int depth;
    private boolean ended;
    private boolean isOther;
    private String member = "";
    private @Nullable Object id;
    private @Nullable String method;
    private @Nullable String version;

    public JsonRpcRequest() {
        try {
            parser = FACTORY.createNonBlockingByteArrayParser();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        feeder = (ByteArrayFeeder) parser.getNonBlockingInputFeeder();
    }

    /// Reads a part, which stays the caller's. False once it cannot be a request any more.
    public boolean read(ByteBuf part) {
        bytes += part.readableBytes();
        if (isOther || bytes > MAX_BYTES) {
            isOther = true;
            return false;
        }
        if (part.isReadable()) {
            parse(ByteBufUtil.getBytes(part));
        }
        return !isOther;
    }

    /// The id, when the whole body was a request.
    public Optional<Object> end() {
        if (!isOther) {
            feeder.endOfInput();
            parse(new byte[0]);
        }
        return isOther || !ended || method == null || !"2.0".equals(version)
                ? Optional.empty()
                : Optional.ofNullable(id);
    }

    private void parse(byte[] part) {
        try {
            if (part.length > 0) {
                feeder.feedInput(part, 0, part.length);
            }
            for (var token = parser.nextToken();
                    token != null && token != JsonToken.NOT_AVAILABLE && !isOther;
                    token = parser.nextToken()) {
                take(token);
            }
        } catch (IOException | NumberFormatException | ArithmeticException e) {
            isOther = true;
        }
    }

    private void take(JsonToken token) throws IOException {
        if (depth == 0) {
            isOther |= ended || token != JsonToken.START_OBJECT;
            depth = 1;
        } else if (token == JsonToken.FIELD_NAME) {
            if (depth == 1) {
                member = parser.currentName();
            }
        } else if (token.isStructEnd()) {
            depth--;
            ended |= depth == 0;
        } else {
            if (depth == 1) {
                value(token);
            }
            if (token.isStructStart()) {
                depth++;
            }
        }
    }

    private void value(JsonToken token) throws IOException {
        switch (member) {
            case "id" -> {
                isOther |= id != null;
                id = id(token);
                isOther |= id == null;
            }
            case "method" -> {
                isOther |= method != null || token != JsonToken.VALUE_STRING;
                method = "";
            }
            case "jsonrpc" -> {
                isOther |= version != null || token != JsonToken.VALUE_STRING;
                version = parser.getText();
            }
            default -> {}
        }
    }

    private @Nullable Object id(JsonToken token) throws IOException {
        return switch (token) {
            case VALUE_STRING -> {
                var text = parser.getText();
                // Half a surrogate pair cannot be said again.
                yield text.length() <= MAX_ID_LENGTH
                                && StandardCharsets.UTF_8.newEncoder().canEncode(text)
                        ? text
                        : null;
            }
            case VALUE_NUMBER_INT ->
                parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER
                        ? parser.getBigIntegerValue()
                        : (Object) parser.getLongValue();
            case VALUE_NUMBER_FLOAT -> parser.getDecimalValue();
            default -> null;
        };
    }

    @Override
    public void close() {
        try {
            parser.close();
        } catch (IOException e) {
            throw new IllegalStateException(e); // there is nothing behind it that could fail
        }
    }
}
