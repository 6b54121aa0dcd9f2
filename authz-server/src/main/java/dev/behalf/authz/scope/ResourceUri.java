package dev.behalf.authz.scope;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.regex.Pattern;

/// What a resource's identifier may look like: an absolute URI without fragment (RFC 8707 §2), in one spelling
/// only, so that comparing texts is comparing resources.
public final class ResourceUri {

    private static final int MAX_LENGTH = 512;
    private static final Pattern DOTS = Pattern.compile("(?i)(^|/)(\\.|%2e){1,2}(/|$)");

    private ResourceUri() {}

    /// Whether it may be one.
    public static boolean isGood(String text) {
        if (text.isEmpty() || text.length() > MAX_LENGTH || text.indexOf('*') >= 0 || text.indexOf('#') >= 0) {
            return false;
        }
        try {
            var uri = new URI(text);
            if (uri.isOpaque()) {
                return uri.getScheme().equals("urn");
            }
            boolean http = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
            return http
                    && uri.getHost() != null
                    && uri.getRawUserInfo() == null
                    && !DOTS.matcher(uri.getRawPath()).find();
        } catch (URISyntaxException e) {
            return false;
        }
    }

    /// Whether the one is the other or a part of it, by its path: what is allowed there is allowed here.
    public static boolean isWithin(String part, String whole) {
        if (part.equals(whole)) {
            return true;
        }
        return !whole.startsWith("urn:")
                && whole.indexOf('?') < 0
                && part.startsWith(whole.endsWith("/") ? whole : whole + "/");
    }
}
