package dev.behalf.authz.page;

import dev.behalf.kernel.secret.Sha256;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Objects;

/// A file that pages refer to, named after its content, so that a browser can keep it for good.
final class Asset {

    private static final String FOLDER = "/authz-server/assets/";

    private final String name;
    private final String mediaType;
    private final byte[] content;

    private Asset(String name, String mediaType, byte[] content) {
        this.name = name;
        this.mediaType = mediaType;
        this.content = content;
    }

    static Asset read(String base, String ending, String mediaType) {
        var file = FOLDER + base + "." + ending;
        try (var in = Objects.requireNonNull(Asset.class.getResourceAsStream(file), file)) {
            var content = in.readAllBytes();
            var digest = Sha256.of(content).hex().substring(0, 16);
            return new Asset(base + "." + digest + "." + ending, mediaType, content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Such as `behalf.1a2b3c4d5e6f7a8b.css`.
    String name() {
        return name;
    }

    String mediaType() {
        return mediaType;
    }

    byte[] content() {
        return content;
    }

    String path() {
        return "/assets/" + name;
    }
}
