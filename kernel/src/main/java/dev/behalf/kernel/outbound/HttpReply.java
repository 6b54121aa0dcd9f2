package dev.behalf.kernel.outbound;

import dev.behalf.kernel.json.InvalidJson;
import dev.behalf.kernel.json.Json;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A whole response: its body has been read and is within the bound of the caller.
public final class HttpReply {

    private final int status;
    private final HttpHeaders headers;
    private final byte[] body;

    HttpReply(int status, HttpHeaders headers, byte[] body) {
        this.status = status;
        this.headers = headers;
        this.body = body;
    }

    /// The HTTP status code.
    public int status() {
        return status;
    }

    /// The headers; names compare without case.
    public HttpHeaders headers() {
        return headers;
    }

    /// The body; empty when there was none. The caller's to keep.
    public byte[] body() {
        return body;
    }

    /// The body as a JSON object.
    ///
    /// @throws HttpCallFailed when it is none: such an answer is as good as no answer
    public Map<String, @Nullable Object> json() {
        try {
            return Json.readObject(body);
        } catch (InvalidJson e) {
            throw new HttpCallFailed("the response is not a JSON object: " + e.getMessage());
        }
    }
}
