package dev.behalf.kernel.outbound;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.net.spi.InetAddressResolver;
import java.net.spi.InetAddressResolverProvider;
import java.security.Security;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/// The name service of this process: names that a test has scripted, and the platform's own for all others. Answers
/// are not cached, so that each lookup shows.
public final class ScriptedNames extends InetAddressResolverProvider {

    /// What a name means now; asked at every lookup.
    @FunctionalInterface
    interface Answer {
        List<String> addresses() throws UnknownHostException;
    }

    private static final Map<String, Answer> ANSWERS = new ConcurrentHashMap<>();

    static void say(String name, Answer answer) {
        ANSWERS.put(name, answer);
    }

    @Override
    public InetAddressResolver get(Configuration configuration) {
        Security.setProperty("networkaddress.cache.ttl", "0");
        Security.setProperty("networkaddress.cache.negative.ttl", "0");
        var platform = configuration.builtinResolver();
        return new InetAddressResolver() {
            @Override
            public Stream<InetAddress> lookupByName(String host, LookupPolicy policy) throws UnknownHostException {
                var answer = ANSWERS.get(host);
                return answer == null
                        ? platform.lookupByName(host, policy)
                        : answer.addresses().stream().map(InetAddress::ofLiteral);
            }

            @Override
            public String lookupByAddress(byte[] address) throws UnknownHostException {
                return platform.lookupByAddress(address);
            }
        };
    }

    @Override
    public String name() {
        return "scripted names";
    }
}
