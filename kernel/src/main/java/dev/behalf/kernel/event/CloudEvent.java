package dev.behalf.kernel.event;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.header.internals.RecordHeaders;

/// The attributes of an event (CloudEvents 1.0.2); its data is the record's value.
///
/// @param id       unique for the source; the same again only for a redelivery
/// @param source   who says so, such as `urn:behalf:idp-registry`
/// @param type     such as `dev.behalf.identity-provider.updated.v1`
/// @param subject  what it is about: the record's key
/// @param time     when the change was committed
/// @param schema   `dataschema`: the JSON Schema of the data
/// @param revision extension attribute: the number of the change; higher is later
public record CloudEvent(
        String id, String source, String type, String subject, Instant time, String schema, long revision) {

    /// The attributes in the order of the specification, without their `ce_` prefix.
    public Map<String, String> attributes() {
        var attributes = new LinkedHashMap<String, String>();
        attributes.put("specversion", "1.0");
        attributes.put("id", id);
        attributes.put("source", source);
        attributes.put("type", type);
        attributes.put("subject", subject);
        attributes.put("time", time.toString());
        attributes.put("dataschema", schema);
        attributes.put("revision", Long.toString(revision));
        return attributes;
    }

    /// The headers of a Kafka record in binary content mode (Kafka protocol binding 1.0.2, §3.2).
    public Headers toKafkaHeaders() {
        var headers = new RecordHeaders();
        attributes().forEach((name, value) -> headers.add(header("ce_" + name, value)));
        return headers.add(header("content-type", "application/json"));
    }

    private static Header header(String name, String value) {
        return new RecordHeader(name, value.getBytes(StandardCharsets.UTF_8));
    }
}
