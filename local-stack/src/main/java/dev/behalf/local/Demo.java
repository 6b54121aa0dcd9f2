package dev.behalf.local;

import dev.behalf.kernel.json.Json;
import java.io.IOException;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The main job, done once on a fresh stack over real HTTP, for the user to see.
final class Demo {

    /// The host of the demo agent.
    static final String HOST = "portal.agents.example.com";

    private static final String USER = "alice";

    private Demo() {}

    /// @throws Refused when the stack does not do what it is there for
    static void show(Stack stack) {
        var calls = new Calls();
        var url = stack.url();
        var provider = stack.demoProvider();
        try {
            var operator = calls.operatorToken(
                    url, stack.folder().secret("client-operator").reveal(), Optional.empty());
            DemoPeople.create(calls, url, operator, stack.folder());
            connectable(calls, url, operator, stack.demoAccounts());
            Console.say("");
            Console.say("1. For the host " + HOST + ", trust the issuer " + provider.issuer()
                    + " and call users by \"email\":");
            var created = calls.send(
                    "POST",
                    url + "/api/identity-providers",
                    Map.of("Authorization", "Bearer " + operator, "Content-Type", "application/json"),
                    Json.text(registration(provider)));
            Console.say("   POST /api/identity-providers -> " + created.statusCode());
            expect(created.statusCode() == 201, created.body());
            Console.say(
                    "2. Alice signs in there and gets a JWT. A client calls the agent with it, and lies about who she is:");
            Console.say("   GET / Host: " + HOST + ", Authorization: Bearer <alice's JWT>, X-End-User-ID: root");
            var answer = ask(calls, url, provider.token(USER, Clock.systemUTC()));
            Console.say("3. What the agent received:");
            print(answer);
            Console.say("4. Without a token:");
            var refused = calls.send("GET", url + "/", Map.of("Host", HOST), null);
            Console.say("   " + refused.statusCode() + " " + refused.body());
            expect(refused.statusCode() == 401, refused.body());
        } catch (IOException e) {
            throw new Refused("the stack did not answer: " + e.getMessage());
        }
        Console.say("");
        Console.say("Try it yourself, in another terminal:");
        Console.say("  curl -s " + url + "/ -H 'Host: " + HOST
                + "' -H \"Authorization: Bearer $(./behalf user-token alice)\"");
    }

    /// Lets people connect the demo's accounts, as an operator does with any service.
    private static void connectable(Calls calls, String url, String operator, DemoAccounts accounts)
            throws IOException {
        var reply = calls.send(
                "PUT",
                url + "/api/v1/providers/" + DemoAccounts.NAME,
                Map.of("Authorization", "Bearer " + operator, "Content-Type", "application/json"),
                Json.text(accounts.definition()));
        expect(reply.statusCode() == 200 || reply.statusCode() == 201, reply.body());
    }

    private static Map<String, Object> registration(DemoIdentityProvider provider) {
        var idp = new LinkedHashMap<String, Object>();
        idp.put("issuer", provider.issuer());
        idp.put("jwksUri", provider.issuer() + "/jwks.json");
        idp.put("audiences", List.of(DemoIdentityProvider.AUDIENCE));
        var spec = new LinkedHashMap<String, Object>();
        spec.put("host", HOST);
        spec.put("identityProvider", idp);
        spec.put("userIDClaim", "email");
        spec.put("allowedDomains", List.of("example.com"));
        return Map.of("name", "demo", "spec", spec);
    }

    /// The provider takes a moment to reach the gateway: a refusal within the first seconds is asked again.
    private static String ask(Calls calls, String url, String token) throws IOException {
        long end = System.nanoTime() + 10_000_000_000L;
        while (true) {
            var reply = calls.send(
                    "GET",
                    url + "/",
                    Map.of("Host", HOST, "Authorization", "Bearer " + token, "X-End-User-ID", "root"),
                    null);
            if (reply.statusCode() == 200) {
                return reply.body();
            }
            expect(System.nanoTime() < end, reply.statusCode() + " " + reply.body());
            pause();
        }
    }

    private static void print(String answer) {
        var json = Json.readObject(answer);
        Console.say("   " + json.get("method") + " " + json.get("path"));
        if (json.get("headers") instanceof Map<?, ?> headers) {
            headers.forEach((name, value) -> Console.say("   " + name + ": " + value));
            boolean alice = headers.entrySet().stream()
                    .anyMatch(header -> "X-End-User-ID".equalsIgnoreCase(String.valueOf(header.getKey()))
                            && "alice@example.com".equals(header.getValue()));
            expect(alice, answer);
        }
    }

    private static void expect(boolean holds, String what) {
        if (!holds) {
            throw new Refused("the main job failed: " + what);
        }
    }

    private static void pause() {
        try {
            Thread.sleep(50);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
