package dev.behalf.gateway.wire;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.CombinedChannelDuplexHandler;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The HTTP/1.1 codec of the public port: Netty's, which also refuses what Netty would mend in silence. That is a
/// folded header line (RFC 9112 §5.2) and, in a request line, any white space but the two single spaces (§3) and a
/// version in lower case (§2.3).
///
/// It looks at the very bytes that the decoder is about to read as a head, so that it makes no difference how they
/// are cut into packets and what was pipelined before them.
public final class StrictCodec extends CombinedChannelDuplexHandler<HttpRequestDecoder, HttpResponseEncoder> {

    private static final byte[] HTTP = {'H', 'T', 'T', 'P', '/'};

    /// The methods of the requests not answered yet: there is no body in the response to HEAD.
    private final ArrayDeque<HttpMethod> unanswered = new ArrayDeque<>(2);

    public StrictCodec(HttpDecoderConfig config) {
        init(new Decoder(config), new Encoder());
    }

    private final class Decoder extends HttpRequestDecoder {

        private boolean inHead = true;
        private boolean requestLineRead;
        private boolean broken;

        Decoder(HttpDecoderConfig config) {
            super(config);
        }

        @Override
        protected void decode(ChannelHandlerContext ctx, ByteBuf bytes, List<Object> out) throws Exception {
            if (broken) {
                bytes.skipBytes(bytes.readableBytes());
                return;
            }
            var fault = inHead ? fault(bytes) : null;
            if (fault != null) {
                broken = true;
                bytes.skipBytes(bytes.readableBytes());
                var refused = new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/");
                refused.setDecoderResult(DecoderResult.failure(new IllegalArgumentException(fault)));
                unanswered.add(HttpMethod.GET);
                out.add(refused);
                return;
            }
            int start = bytes.readerIndex();
            int from = out.size();
            super.decode(ctx, bytes, out);
            requestLineRead |= bytes.readerIndex() > start;
            for (int i = from; i < out.size(); i++) {
                var message = out.get(i);
                if (message instanceof HttpRequest request) {
                    inHead = false;
                    unanswered.add(request.method());
                }
                if (message instanceof LastHttpContent) {
                    inHead = true;
                    requestLineRead = false;
                }
            }
        }

        /// What is wrong with the part of a head that has arrived; null when nothing is. The decoder takes whole
        /// lines, so the bytes always begin with a line.
        private @Nullable String fault(ByteBuf bytes) {
            int end = bytes.writerIndex();
            int line = bytes.readerIndex();
            boolean isRequestLine = !requestLineRead;
            while (line < end) {
                byte first = bytes.getByte(line);
                int newline = bytes.indexOf(line, end, (byte) '\n');
                if (isRequestLine) {
                    if (first == '\r' || first == '\n') { // empty lines before a request (§2.2)
                        line = newline < 0 ? end : newline + 1;
                        continue;
                    }
                    if (newline >= 0 && !isPlain(bytes, line, newline)) {
                        return "a request line that is none";
                    }
                    isRequestLine = false;
                } else if (first == ' ' || first == '\t') {
                    return "a folded header line";
                } else if (first == '\r' || first == '\n') {
                    return null; // the end of the head
                }
                line = newline < 0 ? end : newline + 1;
            }
            return null;
        }

        private boolean isPlain(ByteBuf bytes, int from, int newline) {
            int spaces = 0;
            byte before = ' ';
            for (int i = from; i < newline; i++) {
                byte b = bytes.getByte(i);
                if (b == ' ') {
                    spaces++;
                    if (before == ' ') {
                        return false;
                    }
                } else if (b >= 0 && b < ' ' && !(b == '\r' && i == newline - 1)) {
                    return false;
                }
                before = b;
            }
            return spaces == 2 && isHttp(bytes, bytes.indexOf(from, newline, (byte) ' ') + 1, newline);
        }

        private boolean isHttp(ByteBuf bytes, int target, int newline) {
            int version = bytes.indexOf(target, newline, (byte) ' ') + 1;
            for (int i = 0; i < HTTP.length; i++) {
                if (version + i >= newline || bytes.getByte(version + i) != HTTP[i]) {
                    return false;
                }
            }
            return true;
        }
    }

    private final class Encoder extends HttpResponseEncoder {

        @Override
        protected boolean isContentAlwaysEmpty(HttpResponse response) {
            boolean interim =
                    response.status().code() < 200 && response.status().code() != 101;
            var method = interim ? null : unanswered.poll();
            return HttpMethod.HEAD.equals(method) || super.isContentAlwaysEmpty(response);
        }
    }
}
