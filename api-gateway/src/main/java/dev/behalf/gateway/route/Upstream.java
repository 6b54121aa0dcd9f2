package dev.behalf.gateway.route;

/// Where requests are forwarded to, over plain HTTP/1.1.
///
/// @param authority host and port as the `Host` header has them
public record Upstream(String host, int port, String authority) {

    /// @throws IllegalArgumentException when the URL is not `http://host[:port]`
    static Upstream parse(String url) {
        var uri = java.net.URI.create(url);
        var path = uri.getRawPath();
        boolean bare = (path == null || path.isEmpty() || path.equals("/"))
                && uri.getRawQuery() == null
                && uri.getRawFragment() == null
                && uri.getRawUserInfo() == null;
        if (!"http".equals(uri.getScheme()) || uri.getHost() == null || !bare) {
            throw new IllegalArgumentException("must be http://host:port, without a path");
        }
        int port = uri.getPort() < 0 ? 80 : uri.getPort();
        return new Upstream(uri.getHost(), port, uri.getRawAuthority());
    }
}
