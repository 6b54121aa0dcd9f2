package dev.behalf.gateway.wire;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.CombinedChannelDuplexHandler;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestEncoder;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseDecoder;
import io.netty.handler.codec.http.LastHttpContent;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The HTTP/1.1 codec of a connection to an upstream: Netty's, for one request at a time, which neither mends a
/// response that has both a length and a transfer coding (RFC 9112 §6.3) nor lets bytes beyond a response pass for
/// another one.
public final class UpstreamCodec extends CombinedChannelDuplexHandler<HttpResponseDecoder, HttpRequestEncoder> {

    private static final int MAX_HEAD_BYTES = 64 * 1024;
    private static final int MAX_STATUS_LINE_BYTES = 8 * 1024;

    /// Of the request under way: there is no body in the response to HEAD.
    private @Nullable HttpMethod method;

    private boolean clean = true;

    public UpstreamCodec() {
        init(new Decoder(), new Encoder());
    }

    /// Whether nothing has followed the response, so that the next request cannot be answered by it.
    public boolean isClean() {
        return clean;
    }

    private static boolean isInterim(HttpMessage message) {
        return message instanceof HttpResponse response
                && response.status().code() < 200
                && response.status().code() != 101;
    }

    private final class Decoder extends HttpResponseDecoder {

        private boolean interim;

        Decoder() {
            super(new HttpDecoderConfig()
                    .setMaxHeaderSize(MAX_HEAD_BYTES)
                    .setMaxInitialLineLength(MAX_STATUS_LINE_BYTES)
                    .setAllowDuplicateContentLengths(false));
        }

        @Override
        protected void decode(ChannelHandlerContext ctx, ByteBuf bytes, List<Object> out) throws Exception {
            int from = out.size();
            super.decode(ctx, bytes, out);
            for (int i = from; i < out.size(); i++) {
                var message = out.get(i);
                if (message instanceof HttpResponse head) {
                    interim = isInterim(head);
                }
                if (message instanceof LastHttpContent && !interim && bytes.isReadable()) {
                    clean = false;
                }
            }
        }

        @Override
        protected boolean isContentAlwaysEmpty(HttpMessage message) {
            if (message instanceof HttpResponse response && response.status().code() == 101) {
                return true;
            }
            return (HttpMethod.HEAD.equals(method) && !isInterim(message)) || super.isContentAlwaysEmpty(message);
        }

        @Override
        protected void handleTransferEncodingChunkedWithContentLength(HttpMessage message) {
            // Netty would remove the length; here both stay, and the response is refused for it.
        }
    }

    private final class Encoder extends HttpRequestEncoder {

        @Override
        protected void encode(ChannelHandlerContext ctx, Object message, List<Object> out) throws Exception {
            if (message instanceof HttpRequest request) {
                method = request.method();
            }
            super.encode(ctx, message, out);
        }
    }
}
