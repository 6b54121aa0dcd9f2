package dev.behalf.gateway.mcp;

import dev.behalf.gateway.vault.Consent;
import dev.behalf.gateway.wire.IncomingRequest;
import dev.behalf.kernel.json.Json;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;

/// `URLElicitationRequiredError` of the Model Context Protocol (2025-11-25): the request can be made again once
/// the user has been at a URL.
public final class ElicitationRequired {

    private static final long CODE = -32042;
    private static final Set<String> ACCEPTED = Set.of("application/json", "text/event-stream");

    private ElicitationRequired() {}

    /// Whether the head is that of a message over Streamable HTTP that could be a request, and small enough to
    /// be looked at. A client that waits to be let send its body is not let for that.
    public static boolean mayBeFor(IncomingRequest request) {
        return HttpMethod.POST.equals(request.method())
                && request.hasBody()
                && request.contentLength() <= JsonRpcRequest.MAX_BYTES
                && !request.expectsContinue()
                && !request.headers().contains(HttpHeaderNames.CONTENT_ENCODING)
                && mediaTypes(request, HttpHeaderNames.CONTENT_TYPE).equals(Set.of("application/json"))
                && mediaTypes(request, HttpHeaderNames.ACCEPT).containsAll(ACCEPTED);
    }

    /// The error as the answer to the request of that id.
    ///
    /// @param id a text or a number
    public static byte[] error(Object id, Consent consent) {
        var elicitation = new LinkedHashMap<String, Object>();
        elicitation.put("mode", "url");
        elicitation.put("elicitationId", UUID.randomUUID().toString());
        elicitation.put("url", consent.authorizationUrl());
        elicitation.put("message", consent.request());
        var error = new LinkedHashMap<String, Object>();
        error.put("code", CODE);
        error.put("message", consent.request());
        error.put("data", Map.of("elicitations", List.of(elicitation)));
        var response = new LinkedHashMap<String, Object>();
        response.put("jsonrpc", "2.0");
        response.put("id", id);
        response.put("error", error);
        return Json.write(response);
    }

    private static Set<String> mediaTypes(IncomingRequest request, CharSequence header) {
        var types = new TreeSet<String>();
        for (var value : request.headers().getAll(header)) {
            for (var type : value.split(",")) {
                int end = type.indexOf(';');
                types.add((end < 0 ? type : type.substring(0, end)).strip().toLowerCase(Locale.ROOT));
            }
        }
        return types;
    }
}
