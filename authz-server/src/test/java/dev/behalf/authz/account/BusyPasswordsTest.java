package dev.behalf.authz.account;

import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.authz.Person;
import dev.behalf.authz.RunningAuthzServer;
import dev.behalf.testkit.Eventually;
import dev.behalf.testkit.TestPostgres;
import java.util.ArrayList;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/// When more people sign in than passwords can be worked on.
class BusyPasswordsTest {

    @Test
    void whoCannotWaitIsToldWhenToComeBackAndKnownBrowsersGoOn() throws Exception {
        try (var server = RunningAuthzServer.start(
                TestPostgres.shared().newDatabase(), Map.of("behalf.authz.passwords.queue", 1))) {
            Person.account(server, "alice");
            var alice = new Person(server).signedIn("alice");
            var hashing = server.bean(PasswordHashing.class);
            var end = new CountDownLatch(1);
            var begun = new AtomicInteger();
            var strangers = new ArrayList<CompletableFuture<Boolean>>();
            do {
                int before = begun.get();
                strangers.add(hashing.run(false, () -> await(begun, end)).toFuture());
                if (before < server.bean(PasswordSettings.class).threads()) {
                    Eventually.holds("it is worked on", () -> begun.get() > before);
                }
            } while (!strangers.getLast().isCompletedExceptionally());

            var stranger = new Person(server);
            var reply = stranger.signIn("alice", Person.PASSWORD, "");
            assertThat(reply.statusCode()).as(reply.body()).isEqualTo(503);
            assertThat(reply.headers().firstValue("Retry-After")).contains("2");
            assertThat(reply.headers().firstValue("Content-Type").orElse("")).startsWith("text/html");
            alice.cookies().remove("__Host-behalf-session");
            Person.location(alice.signIn("alice", Person.PASSWORD, ""));

            end.countDown();
            CompletableFuture.allOf(strangers.toArray(CompletableFuture[]::new))
                    .handle((_, _) -> true)
                    .join();
            Person.location(stranger.signIn("alice", Person.PASSWORD, ""));
        }
    }

    private static boolean await(AtomicInteger begun, CountDownLatch end) {
        begun.incrementAndGet();
        try {
            end.await();
            return true;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
