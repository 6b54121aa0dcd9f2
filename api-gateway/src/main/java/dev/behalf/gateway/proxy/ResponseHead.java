package dev.behalf.gateway.proxy;

import dev.behalf.gateway.wire.HeaderRules;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.AsciiString;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/// The head of a response on its way back: whether it can be read in one way only, and what of it leaves the gateway.
final class ResponseHead {

    private static final AsciiString KEEP_ALIVE = AsciiString.cached("keep-alive");
    private static final Pattern TIMEOUT = Pattern.compile("(?i)\\btimeout=([0-9]{1,6})\\b");

    private ResponseHead() {}

    /// Whether it is clear what it says and where it ends (RFC 9112 §6.3, RFC 9110 §15).
    static boolean isClear(HttpResponse response) {
        if (response.decoderResult().isFailure()) {
            return false;
        }
        int status = response.status().code();
        boolean http10 = HttpVersion.HTTP_1_0.equals(response.protocolVersion());
        if (status < 100 || status > 599 || !(http10 || HttpVersion.HTTP_1_1.equals(response.protocolVersion()))) {
            return false;
        }
        var headers = response.headers();
        var coding = headers.get(HttpHeaderNames.TRANSFER_ENCODING);
        if (coding == null) {
            return headers.getAll(HttpHeaderNames.CONTENT_LENGTH).size() <= 1;
        }
        return !http10
                && "chunked".equalsIgnoreCase(coding)
                && headers.getAll(HttpHeaderNames.TRANSFER_ENCODING).size() == 1
                && !headers.contains(HttpHeaderNames.CONTENT_LENGTH);
    }

    /// How long the upstream says that it keeps the connection, less a second for the way to it; longer than ever
    /// needed when it does not say.
    static long keepAliveNanos(HttpHeaders headers) {
        var value = headers.get(KEEP_ALIVE);
        if (value == null) {
            return Long.MAX_VALUE / 2;
        }
        var timeout = TIMEOUT.matcher(value);
        return timeout.find() ? TimeUnit.SECONDS.toNanos(Long.parseLong(timeout.group(1)) - 1) : Long.MAX_VALUE / 2;
    }

    /// The headers without those about the connection and those that are nobody's business outside.
    static HttpHeaders forwardable(HttpHeaders headers) {
        var out =
                DefaultHttpHeadersFactory.headersFactory().withValidation(false).newHeaders();
        boolean nominates = false;
        for (var it = headers.iteratorCharSequence(); it.hasNext(); ) {
            var header = it.next();
            switch (HeaderRules.of(header.getKey())) {
                case HOP, OURS, TRANSFER_ENCODING, UPGRADE -> {}
                case CONNECTION -> nominates = true;
                default -> out.add(header.getKey(), header.getValue());
            }
        }
        if (nominates) {
            for (var connection : headers.getAll(HttpHeaderNames.CONNECTION)) {
                for (var option : connection.split(",")) {
                    var name = option.strip().toLowerCase(Locale.ROOT);
                    if (!name.isEmpty() && !name.equals("content-length")) {
                        out.remove(name);
                    }
                }
            }
        }
        return out;
    }
}
