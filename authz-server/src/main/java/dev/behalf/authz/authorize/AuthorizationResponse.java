package dev.behalf.authz.authorize;

import dev.behalf.kernel.oauth.OAuthSettings;
import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import jakarta.inject.Singleton;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Sends the browser back to the client (RFC 6749 §4.1.2), each time with our issuer (RFC 9207), by 303, so
/// that no form is posted on (RFC 9700 §4.12).
@Singleton
final class AuthorizationResponse {

    private final String issuer;

    AuthorizationResponse(OAuthSettings settings) {
        this.issuer = settings.issuer();
    }

    HttpResponse<byte[]> code(AuthorizationRequest request, String code) {
        return redirect(request.redirectUri(), request.state(), Map.of("code", code));
    }

    HttpResponse<byte[]> error(Sent refusal) {
        var parameters = new LinkedHashMap<String, String>();
        parameters.put("error", refusal.error());
        parameters.put("error_description", String.valueOf(refusal.getMessage()));
        return redirect(refusal.to().redirectUri(), refusal.to().state(), parameters);
    }

    private HttpResponse<byte[]> redirect(String redirectUri, @Nullable String state, Map<String, String> parameters) {
        var all = new LinkedHashMap<>(parameters);
        if (state != null) {
            all.put("state", state);
        }
        all.put("iss", issuer);
        var query = all.entrySet().stream()
                .map(one -> one.getKey() + "=" + URLEncoder.encode(one.getValue(), StandardCharsets.UTF_8))
                .collect(Collectors.joining("&"));
        // The redirect URI may have a query of its own (OAuth 2.1 §4.1.2); it has no fragment.
        var location = redirectUri + (redirectUri.indexOf('?') < 0 ? "?" : "&") + query;
        return HttpResponse.<byte[]>status(HttpStatus.SEE_OTHER)
                .header(HttpHeaders.LOCATION, location)
                .header("Cache-Control", "no-store")
                .header("Referrer-Policy", "no-referrer");
    }
}
