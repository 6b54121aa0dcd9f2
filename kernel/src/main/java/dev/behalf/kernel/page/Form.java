package dev.behalf.kernel.page;

import dev.behalf.kernel.problem.ProblemException;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.MediaType;
import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/// A form that came back from a page: each field once. It prints nothing of what was filled in.
public final class Form {

    private static final int MAX_FIELDS = 32;

    private final Map<String, String> fields;

    private Form(Map<String, String> fields) {
        this.fields = Map.copyOf(fields);
    }

    /// @throws ProblemException 400 when the body is no form, or one that none of our pages sends
    public static Form of(HttpRequest<byte[]> request) {
        var type = request.getContentType().map(MediaType::getName).orElse("");
        if (!type.equals(MediaType.APPLICATION_FORM_URLENCODED)) {
            throw malformed();
        }
        var fields = new HashMap<String, String>();
        for (var pair : text(request.getBody().orElseGet(() -> new byte[0])).split("&")) {
            int equals = pair.indexOf('=');
            if (equals <= 0) {
                continue;
            }
            var before = fields.put(decode(pair.substring(0, equals)), decode(pair.substring(equals + 1)));
            if (before != null || fields.size() > MAX_FIELDS) {
                throw malformed();
            }
        }
        return new Form(fields);
    }

    /// What was filled in; empty when nothing was.
    public String field(String name) {
        return fields.getOrDefault(name, "");
    }

    private static String decode(String encoded) {
        try {
            return URLDecoder.decode(encoded, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw malformed();
        }
    }

    private static String text(byte[] body) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(body))
                    .toString();
        } catch (CharacterCodingException e) {
            throw malformed();
        }
    }

    private static ProblemException malformed() {
        return ProblemException.badRequest("the form is malformed");
    }

    @Override
    public String toString() {
        return "Form" + fields.keySet();
    }
}
