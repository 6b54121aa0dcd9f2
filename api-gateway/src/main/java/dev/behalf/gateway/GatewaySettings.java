package dev.behalf.gateway;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The public port.
///
/// @param host            the address to listen on
/// @param port            the public port; 0: a free one
/// @param publicUrl       how clients reach it
/// @param managementHosts further hosts at which the management APIs answer; the public URL's always does
/// @param routes          the routes file; none: no routes
/// @param threads         event loops; 0: one for each core
/// @param maxConnections  clients' connections at a time; more are closed at once
/// @param maxRequests     requests under way at a time, over all routes; more are answered 503
/// @param headTimeout     for the head of a first request, from the connection on
/// @param idleTimeout     how long a connection may wait for its next request
/// @param bodyTimeout     between two parts of a request's body
/// @param maxHeaderBytes  of a request's head
/// @param stallTimeout    so long a client may take none of what waits for it
/// @param drainTimeout    how long requests in flight may take when the gateway stops
@ConfigurationProperties("behalf.gateway")
public record GatewaySettings(
        @Bindable(defaultValue = "0.0.0.0") String host,
        @Bindable(defaultValue = "8080") int port,
        URI publicUrl,

        @Bindable(defaultValue = "localhost,127.0.0.1,[::1]")
        List<String> managementHosts,

        @Nullable String routes,
        @Bindable(defaultValue = "0") int threads,
        @Bindable(defaultValue = "20000") int maxConnections,
        @Bindable(defaultValue = "10000") int maxRequests,
        @Bindable(defaultValue = "15s") Duration headTimeout,
        @Bindable(defaultValue = "60s") Duration idleTimeout,
        @Bindable(defaultValue = "15s") Duration bodyTimeout,
        @Bindable(defaultValue = "32768") int maxHeaderBytes,
        @Bindable(defaultValue = "60s") Duration stallTimeout,
        @Bindable(defaultValue = "8s") Duration drainTimeout) {

    /// All hosts at which the management APIs answer, lower case.
    public Set<String> allManagementHosts() {
        var hosts = new LinkedHashSet<String>();
        managementHosts.forEach(name -> hosts.add(name.strip().toLowerCase(Locale.ROOT)));
        hosts.add(publicUrl.getHost().toLowerCase(Locale.ROOT));
        return Set.copyOf(hosts);
    }
}
