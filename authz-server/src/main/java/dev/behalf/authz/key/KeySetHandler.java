package dev.behalf.authz.key;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Answers a plain `GET /jwks` on a connection before anything else sees it. The key set is what every verifier
/// asks for, the same bytes for all, and routing would cost more than the answer.
///
/// Whatever is not plain, or comes while an earlier request of the connection waits for its answer, goes on to
/// [JwksController], whose answers these equal.
final class KeySetHandler extends ChannelDuplexHandler {

    private static final String PATH = "/jwks";

    private final Supplier<@Nullable HttpResponse> answers;

    /// How many requests went on and are not answered yet.
    private int waiting;

    /// The request answered last has an end that is still to come.
    private boolean endToCome;

    private boolean answered;

    /// @param answers a whole answer each time, or null when it cannot be said at once
    KeySetHandler(Supplier<@Nullable HttpResponse> answers) {
        this.answers = answers;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (endToCome) {
            endToCome = !(message instanceof LastHttpContent);
            ReferenceCountUtil.release(message);
            return;
        }
        if (message instanceof HttpRequest request) {
            var answer = mayAnswer(context, request) ? answers.get() : null;
            if (answer != null) {
                endToCome = !(message instanceof LastHttpContent);
                ReferenceCountUtil.release(message);
                context.write(answer, context.voidPromise());
                answered = true;
                return;
            }
            waiting++;
        }
        context.fireChannelRead(message);
    }

    private boolean mayAnswer(ChannelHandlerContext context, HttpRequest request) {
        return waiting == 0 && isPlain(request) && isRead(context);
    }

    /// Who does not read their answers gets no more of them from here.
    private static boolean isRead(ChannelHandlerContext context) {
        if (!context.channel().isWritable()) {
            context.flush();
        }
        return context.channel().isWritable();
    }

    private static boolean isPlain(HttpRequest request) {
        var headers = request.headers();
        return PATH.equals(request.uri())
                && HttpMethod.GET.equals(request.method())
                && HttpVersion.HTTP_1_1.equals(request.protocolVersion())
                && request.decoderResult().isSuccess()
                && headers.getAll(HttpHeaderNames.HOST).size() == 1
                && !headers.contains(HttpHeaderNames.CONNECTION)
                && !headers.contains(HttpHeaderNames.CONTENT_LENGTH)
                && !headers.contains(HttpHeaderNames.TRANSFER_ENCODING)
                && !headers.contains(HttpHeaderNames.UPGRADE)
                && !headers.contains(HttpHeaderNames.EXPECT);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        if (answered) {
            answered = false;
            context.flush();
            context.read(); // those behind saw nothing, and so do not ask for more
        }
        context.fireChannelReadComplete();
    }

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        boolean interim = message instanceof HttpResponse response
                && response.status().codeClass() == HttpStatusClass.INFORMATIONAL;
        if (message instanceof LastHttpContent && !interim) {
            waiting--;
        }
        context.write(message, promise);
    }
}
