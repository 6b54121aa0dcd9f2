package dev.behalf.gateway.wire;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.ReferenceCountUtil;

/// Stands before the codec and looks for what the codec would mend in silence: a folded header line (RFC 9112 §5.2) and
/// a line that ends without a carriage return. Either becomes a line that the codec refuses, so that the request is
/// answered 400 in its turn.
///
/// It looks at heads only: [#bodyFollows] and [#headFollows] are said by whoever reads the codec's messages.
public final class HeadScanner extends ChannelInboundHandlerAdapter {

    /// Not a header line, and refused as one: a name cannot be empty.
    private static final byte[] POISON = {'\r', '\n', ':', '\r', '\n', '\r', '\n'};

    private boolean inBody;
    private boolean poisoned;
    private boolean poisonWithoutLineEnd;
    private byte last;
    private byte lastButOne;

    /// The head was read, and a body belongs to it.
    public void bodyFollows() {
        inBody = true;
    }

    /// The body was read.
    public void headFollows() {
        inBody = false;
        last = 0;
        lastButOne = 0;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (inBody || !(message instanceof ByteBuf bytes)) {
            ctx.fireChannelRead(message);
            return;
        }
        if (poisoned) {
            ReferenceCountUtil.release(message);
            return;
        }
        int fault = fault(bytes);
        if (fault < 0) {
            ctx.fireChannelRead(message);
            return;
        }
        poisoned = true;
        var cut = ctx.alloc().buffer(fault - bytes.readerIndex() + POISON.length);
        cut.writeBytes(bytes, bytes.readerIndex(), fault - bytes.readerIndex());
        int skip = poisonWithoutLineEnd ? 2 : 0;
        cut.writeBytes(POISON, skip, POISON.length - skip);
        bytes.release();
        ctx.fireChannelRead(cut);
    }

    /// Where the first fault is, or -1. Stops looking at the end of a head: what follows may be a body.
    private int fault(ByteBuf bytes) {
        int end = bytes.writerIndex();
        if (last == '\n' && bytes.readerIndex() < end && isBlank(bytes.getByte(bytes.readerIndex()))) {
            poisonWithoutLineEnd = true;
            return bytes.readerIndex();
        }
        int from = bytes.readerIndex();
        while (true) {
            int newline = bytes.indexOf(from, end, (byte) '\n');
            if (newline < 0) {
                break;
            }
            byte before = newline > bytes.readerIndex() ? bytes.getByte(newline - 1) : last;
            if (before != '\r') {
                return newline;
            }
            if (newline + 1 < end && isBlank(bytes.getByte(newline + 1))) {
                return newline - 1; // before the line's own end, which the poison brings
            }
            if (isEndOfHead(bytes, newline)) {
                return -1;
            }
            from = newline + 1;
        }
        remember(bytes);
        return -1;
    }

    private boolean isEndOfHead(ByteBuf bytes, int newline) {
        int start = bytes.readerIndex();
        byte twoBefore =
                newline - 2 >= start ? bytes.getByte(newline - 2) : newline - 2 == start - 1 ? last : lastButOne;
        return twoBefore == '\n';
    }

    private void remember(ByteBuf bytes) {
        int length = bytes.readableBytes();
        if (length >= 2) {
            lastButOne = bytes.getByte(bytes.writerIndex() - 2);
            last = bytes.getByte(bytes.writerIndex() - 1);
        } else if (length == 1) {
            lastButOne = last;
            last = bytes.getByte(bytes.readerIndex());
        }
    }

    private static boolean isBlank(byte b) {
        return b == ' ' || b == '\t';
    }
}
