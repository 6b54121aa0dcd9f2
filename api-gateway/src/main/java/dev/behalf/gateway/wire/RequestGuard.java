package dev.behalf.gateway.wire;

import io.micronaut.http.HttpStatus;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/// Reads the head of a request once, in one pass over its headers, and refuses what could be read in two ways.
public final class RequestGuard {

    private static final int MAX_METHOD = 20;
    private static final int MAX_REQUEST_ID = 128;
    private static final int MAX_FIELDS = 200;

    private @Nullable String host;
    private @Nullable String authorization;
    private @Nullable String apiKey;
    private @Nullable String cookies;
    private @Nullable String contentLength;
    private @Nullable String transferEncoding;
    private @Nullable String upgrade;
    private @Nullable String expect;
    private @Nullable String requestId;
    private final List<String> connection = new ArrayList<>(2);
    private final HttpHeaders forwarded;

    private RequestGuard() {
        this.forwarded =
                DefaultHttpHeadersFactory.headersFactory().withValidation(false).newHeaders();
    }

    /// Either an [IncomingRequest] or why it is none.
    public sealed interface Outcome {
        record Passed(IncomingRequest request) implements Outcome {}

        record Stopped(Refused refused) implements Outcome {}
    }

    public static Outcome check(HttpRequest request) {
        if (request.decoderResult().isFailure()) {
            return new Outcome.Stopped(undecodable(request.decoderResult().cause()));
        }
        var guard = new RequestGuard();
        var refused = guard.read(request.headers());
        if (refused == null) {
            refused = method(request.method());
        }
        return refused == null ? guard.assemble(request) : new Outcome.Stopped(refused);
    }

    static Refused undecodable(Throwable cause) {
        return switch (cause) {
            case TooLongHttpLineException _ ->
                Refused.broken(HttpStatus.REQUEST_URI_TOO_LONG, "the request line is too long");
            case TooLongHttpHeaderException _ ->
                Refused.broken(HttpStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "the header fields are too large");
            default -> bad("the request is malformed");
        };
    }

    private @Nullable Refused read(HttpHeaders headers) {
        if (headers.size() > MAX_FIELDS) {
            return Refused.broken(HttpStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "there are too many header fields");
        }
        for (var it = headers.iteratorCharSequence(); it.hasNext(); ) {
            var header = it.next();
            var name = header.getKey();
            var value = header.getValue().toString();
            if (!isText(value)) {
                return bad("a header field holds a control character");
            }
            switch (HeaderRules.of(name)) {
                case FORWARD -> {
                    if (HeaderRules.isPlain(name)) {
                        forwarded.add(name, value);
                    }
                }
                case HOP, OURS -> {}
                case HOST -> {
                    if (host != null) {
                        return bad("there is more than one Host");
                    }
                    host = value;
                }
                case CONNECTION -> connection.add(value);
                case CONTENT_LENGTH -> {
                    if (contentLength != null) {
                        return bad("there is more than one Content-Length");
                    }
                    contentLength = value;
                }
                case TRANSFER_ENCODING -> {
                    if (transferEncoding != null) {
                        return bad("there is more than one Transfer-Encoding");
                    }
                    transferEncoding = value;
                }
                case AUTHORIZATION -> {
                    if (authorization != null) {
                        return bad("there is more than one Authorization");
                    }
                    authorization = value;
                }
                case API_KEY -> {
                    if (apiKey != null) {
                        return bad("there is more than one X-RunAgents-API-Key");
                    }
                    apiKey = value;
                }
                case COOKIE -> cookies = cookies == null ? value : cookies + "; " + value;
                case UPGRADE -> upgrade = upgrade == null ? value : upgrade + "," + value;
                case EXPECT -> {
                    if (expect != null) {
                        return bad("there is more than one Expect");
                    }
                    expect = value;
                }
                case REQUEST_ID -> requestId = requestId == null ? value : "";
            }
        }
        return null;
    }

    private Outcome assemble(HttpRequest request) {
        boolean http10 = HttpVersion.HTTP_1_0.equals(request.protocolVersion());
        if (!http10 && !HttpVersion.HTTP_1_1.equals(request.protocolVersion())) {
            return stop(Refused.broken(HttpStatus.HTTP_VERSION_NOT_SUPPORTED, "only HTTP/1.1 and HTTP/1.0 are spoken"));
        }
        if (host == null) {
            return stop(bad("Host is required"));
        }
        var authority = Authority.parse(host);
        if (authority == null) {
            return stop(bad("Host is not a host"));
        }
        var uri = request.uri();
        if (!uri.startsWith("/")) {
            uri = originForm(uri, authority);
        }
        var target = uri == null ? null : RequestTarget.parse(uri);
        if (target == null) {
            return stop(bad("the request target is not a plain path"));
        }
        boolean chunked = transferEncoding != null;
        if (chunked && (http10 || contentLength != null)) {
            return stop(bad("Transfer-Encoding is not expected here"));
        }
        if (chunked && !"chunked".equalsIgnoreCase(transferEncoding)) {
            return stop(Refused.broken(HttpStatus.NOT_IMPLEMENTED, "the transfer coding is not supported"));
        }
        long length = chunked ? -1 : length();
        if (length < -1) {
            return stop(bad("Content-Length is not a number"));
        }
        boolean close = false;
        boolean goesOn = !http10;
        boolean upgrades = false;
        for (var value : connection) {
            for (var option : value.split(",")) {
                var name = option.strip().toLowerCase(Locale.ROOT);
                switch (name) {
                    case "" -> {}
                    case "close" -> close = true;
                    case "keep-alive" -> goesOn = true;
                    case "upgrade" -> upgrades = true;
                    default -> {
                        if (!HeaderRules.mayBeNominated(name)) {
                            return stop(bad("Connection names a header field that it must not"));
                        }
                        forwarded.remove(name);
                    }
                }
            }
        }
        boolean continues = expect != null && expect.equalsIgnoreCase("100-continue");
        if (expect != null && !continues) {
            return stop(Refused.broken(HttpStatus.EXPECTATION_FAILED, "the expectation cannot be met"));
        }
        boolean websocket = upgrades
                && !http10
                && length == 0 // what follows the head must be the WebSocket's
                && "websocket".equalsIgnoreCase(upgrade)
                && HttpMethod.GET.equals(request.method());
        return new Outcome.Passed(new IncomingRequest(
                request.method(),
                target,
                authority,
                forwarded,
                authorization,
                apiKey,
                cookies,
                length,
                chunked,
                goesOn && !close,
                http10,
                websocket,
                continues && !http10,
                requestId != null && isId(requestId) ? requestId : newId()));
    }

    private static @Nullable String originForm(String uri, Authority authority) {
        // RFC 9112 §3.2.2: the authority of an absolute target replaces Host; here both must say the same.
        int from =
                uri.regionMatches(true, 0, "http://", 0, 7) ? 7 : uri.regionMatches(true, 0, "https://", 0, 8) ? 8 : -1;
        if (from < 0) {
            return null;
        }
        int slash = uri.indexOf('/', from);
        int question = uri.indexOf('?', from);
        int end = slash < 0
                ? (question < 0 ? uri.length() : question)
                : question >= 0 && question < slash ? question : slash;
        if (!uri.substring(from, end).equalsIgnoreCase(authority.text())) {
            return null;
        }
        var rest = uri.substring(end);
        return rest.startsWith("/") ? rest : "/" + rest;
    }

    private long length() {
        var text = contentLength;
        if (text == null) {
            return 0;
        }
        if (text.isEmpty() || text.length() > 18) {
            return -2;
        }
        long value = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < '0' || c > '9') {
                return -2;
            }
            value = value * 10 + (c - '0');
        }
        return value;
    }

    private static @Nullable Refused method(HttpMethod method) {
        if (method.equals(HttpMethod.GET) || method.equals(HttpMethod.POST)) {
            return null;
        }
        var name = method.name();
        if (name.length() > MAX_METHOD) {
            return bad("the method is malformed");
        }
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if ((c < 'A' || c > 'Z') && c != '-') {
                return bad("the method is malformed");
            }
        }
        return switch (name) {
            case "TRACE", "TRACK", "CONNECT" ->
                Refused.broken(HttpStatus.METHOD_NOT_ALLOWED, "this method is not allowed here");
            default -> null;
        };
    }

    private static boolean isText(String value) {
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if ((c < 0x20 && c != '\t') || c == 0x7f) {
                return false;
            }
        }
        return true;
    }

    private static boolean isId(String text) {
        if (text.isEmpty() || text.length() > MAX_REQUEST_ID) {
            return false;
        }
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (!((c >= 'a' && c <= 'z')
                    || (c >= 'A' && c <= 'Z')
                    || (c >= '0' && c <= '9')
                    || c == '-'
                    || c == '_'
                    || c == '.')) {
                return false;
            }
        }
        return true;
    }

    /// An id to find a request by; it need not be a secret.
    private static String newId() {
        var random = ThreadLocalRandom.current();
        return Long.toHexString(random.nextLong() | Long.MIN_VALUE)
                + Long.toHexString(random.nextLong() | Long.MIN_VALUE);
    }

    private static Outcome stop(Refused refused) {
        return new Outcome.Stopped(refused);
    }

    private static Refused bad(String detail) {
        return Refused.broken(HttpStatus.BAD_REQUEST, detail);
    }
}
