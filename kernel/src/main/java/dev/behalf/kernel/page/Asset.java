package dev.behalf.kernel.page;

import dev.behalf.kernel.problem.ProblemException;
import dev.behalf.kernel.secret.Sha256;
import io.micronaut.http.HttpResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Objects;

/// A file that pages refer to, named after its content, so that a browser can keep it for good.
public final class Asset {

    /// The style sheet of all pages.
    public static final Asset STYLE = read("behalf", "css", "text/css");

    /// The emblem beside the name of the service.
    public static final Asset EMBLEM = read("behalf", "svg", "image/svg+xml");

    private final String name;
    private final String mediaType;
    private final byte[] content;

    private Asset(String name, String mediaType, byte[] content) {
        this.name = name;
        this.mediaType = mediaType;
        this.content = content;
    }

    private static Asset read(String base, String ending, String mediaType) {
        var file = base + "." + ending;
        try (var in = Objects.requireNonNull(Asset.class.getResourceAsStream(file), file)) {
            var content = in.readAllBytes();
            var digest = Sha256.of(content).hex().substring(0, 16);
            return new Asset(base + "." + digest + "." + ending, mediaType, content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Such as `behalf.1a2b3c4d5e6f7a8b.css`: the last part of its path.
    public String name() {
        return name;
    }

    /// The file of that name.
    ///
    /// @throws ProblemException 404 when there is none
    public static HttpResponse<byte[]> answer(String name) {
        return List.of(STYLE, EMBLEM).stream()
                .filter(asset -> asset.name.equals(name))
                .findFirst()
                .<HttpResponse<byte[]>>map(asset -> HttpResponse.ok(asset.content)
                        .contentType(asset.mediaType)
                        .header("Cache-Control", "public, max-age=31536000, immutable")
                        .header("X-Content-Type-Options", "nosniff")
                        .header("Content-Security-Policy", "default-src 'none'"))
                .orElseThrow(() -> ProblemException.notFound("there is nothing at this path"));
    }
}
