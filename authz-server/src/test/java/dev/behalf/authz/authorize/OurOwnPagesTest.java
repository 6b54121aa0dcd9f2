package dev.behalf.authz.authorize;

import static org.assertj.core.api.Assertions.assertThat;

import dev.behalf.authz.Person;
import dev.behalf.authz.RunningAuthzServer;
import dev.behalf.kernel.jose.RawJwt;
import dev.behalf.kernel.json.Json;
import dev.behalf.kernel.secret.Sha256;
import dev.behalf.testkit.FakeOpenIdProvider;
import dev.behalf.testkit.TestPostgres;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// People sign in at the pages of the vault, a service of the suite, without being asked whether they allow it.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OurOwnPagesTest {

    private static final String CALLBACK = RunningAuthzServer.ISSUER + "/connections/signed-in";
    private static final String VERIFIER = "v".repeat(43);

    private final RunningAuthzServer server = RunningAuthzServer.start(
            TestPostgres.shared().newDatabase(),
            Map.of("behalf.authz.clients.token-vault.secret", RunningAuthzServer.SECRET));

    @AfterAll
    void stop() {
        server.close();
    }

    @Test
    void whoIsSignedInIsSentBackAtOnceAndTheVaultLearnsWhoItIs() {
        var id = Person.account(server, "alice");
        var alice = new Person(server).signedIn("alice");
        var location = URI.create(Person.location(alice.get(request("openid profile", CALLBACK))));
        assertThat(location.toString()).startsWith(CALLBACK + "?");
        var answer = FakeOpenIdProvider.parameters(location.getRawQuery());
        assertThat(answer).containsEntry("state", "s1").containsEntry("iss", RunningAuthzServer.ISSUER);

        var reply = server.token(
                "grant_type=authorization_code&code=" + answer.get("code") + "&code_verifier=" + VERIFIER
                        + "&redirect_uri=" + encoded(CALLBACK),
                "token-vault",
                RunningAuthzServer.SECRET);
        assertThat(reply.statusCode()).as(reply.body()).isEqualTo(200);
        var idToken = String.valueOf(Json.readObject(reply.body()).get("id_token"));
        assertThat(RawJwt.parse(idToken).unprovedClaims())
                .containsEntry("sub", id)
                .containsEntry("aud", "token-vault")
                .containsEntry("nonce", "n1");
    }

    @Test
    void whoIsNotSignedInSignsInFirst() {
        assertThat(Person.location(new Person(server).get(request("openid profile", CALLBACK))))
                .startsWith("/login?");
    }

    @Test
    void forAnythingElseThePersonIsAsked() {
        Person.account(server, "bob");
        var bob = new Person(server).signedIn("bob");
        assertThat(bob.get(request("openid read", CALLBACK)).statusCode()).isEqualTo(200);
        assertThat(bob.get(request("openid", "https://evil.example/")).statusCode())
                .isEqualTo(400);
    }

    private static String request(String scope, String redirectUri) {
        var challenge = Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(Sha256.of(VERIFIER).bytes());
        return "/oauth/authorize?response_type=code&client_id=token-vault&redirect_uri=" + encoded(redirectUri)
                + "&state=s1&nonce=n1&code_challenge_method=S256&code_challenge=" + challenge + "&scope="
                + encoded(scope);
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
