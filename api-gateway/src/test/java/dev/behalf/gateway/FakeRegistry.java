package dev.behalf.gateway;

import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.provider.ProviderState;
import dev.behalf.testkit.RecordingUpstream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// idp-registry as the gateway knows it: the snapshot that it polls, and a management API that records what arrives.
final class FakeRegistry implements AutoCloseable {

    private final RecordingUpstream server = new RecordingUpstream();
    private final Map<String, ProviderState> providers = new TreeMap<>();
    private long revision = 1;
    private volatile String answer = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n[]";

    FakeRegistry() {
        put(1);
        server.keep(request -> !isPoll(request));
        server.answer((request, _, out) -> {
            if (isPoll(request)) {
                snapshot(request, out);
            } else {
                RecordingUpstream.write(out, answer);
            }
            return true;
        });
    }

    String url() {
        return server.url();
    }

    /// What the management API received.
    RecordingUpstream received() {
        return server;
    }

    /// Answers these bytes to all but the gateway's own questions.
    void answer(String bytes) {
        answer = bytes;
    }

    /// The provider of [FakeValidator#PROVIDER] was created or changed at that revision.
    synchronized void put(long atRevision) {
        revision = Math.max(revision, atRevision);
        providers.put(
                FakeValidator.PROVIDER,
                new ProviderState(
                        "default",
                        "corp",
                        atRevision,
                        "portal.example",
                        "https://idp.example",
                        List.of(),
                        "https://idp.example/keys",
                        List.of(),
                        List.of(),
                        "email",
                        List.of()));
    }

    /// It was deleted.
    synchronized void remove(long atRevision) {
        revision = Math.max(revision, atRevision);
        providers.remove(FakeValidator.PROVIDER);
    }

    private static boolean isPoll(RecordingUpstream.Received request) {
        return request.requestLine().contains(" /internal/identity-providers ");
    }

    private synchronized void snapshot(RecordingUpstream.Received request, OutputStream out) throws IOException {
        var tag = "\"" + revision + "\"";
        if (request.all("If-None-Match").contains(tag)) {
            RecordingUpstream.write(out, "HTTP/1.1 304 Not Modified\r\nETag: " + tag + "\r\n\r\n");
            return;
        }
        var json = new LinkedHashMap<String, Object>();
        json.put("revision", revision);
        json.put(
                "providers",
                providers.values().stream().map(ProviderState::toJson).toList());
        var body = Json.text(json);
        RecordingUpstream.write(
                out, "HTTP/1.1 200 OK\r\nETag: " + tag + "\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);
    }

    @Override
    public void close() {
        server.close();
    }
}
