package dev.behalf.kernel.json;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.IOException;

/// The text is not the JSON that was asked for. The message says what is wrong with it and never quotes it.
public final class InvalidJson extends RuntimeException {

    InvalidJson(String what) {
        super(what, null, false, false);
    }

    static InvalidJson from(IOException fault) {
        if (fault instanceof JsonProcessingException json && json.getLocation() != null) {
            var at = json.getLocation();
            return new InvalidJson("malformed at line %d, column %d".formatted(at.getLineNr(), at.getColumnNr()));
        }
        return new InvalidJson("malformed");
    }
}
