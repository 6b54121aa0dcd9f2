package dev.behalf.validator;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JWSAlgorithm;
import dev.behalf.kernel.json.Json;
import dev.behalf.testkit.FakeIdentityProvider;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Each rule by which a token is accepted or refused, over HTTP: one nested class for one rule.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AcceptanceRulesTest {

    private static final String PLAIN = "plain.example.com";
    private static final String NULL = "a JSON null";

    private final FakeIdentityProvider issuer = FakeIdentityProvider.start("https://issuer.example/");
    private final FakeIdentityProvider another = FakeIdentityProvider.start("https://another.example");
    private final FakeIdentityProvider google = FakeIdentityProvider.start("https://accounts.google.com");
    private final RunningValidator validator = RunningValidator.start(issuer, another, google);

    @BeforeAll
    void register() {
        Stream.of("RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
                .forEach(name -> issuer.addKey(JWSAlgorithm.parse(name), name));
        validator.register(
                Provider.of("plain", issuer),
                Provider.of("domains", issuer).domains("example.com", "xn--bcher-kva.example"),
                Provider.of("auth0", issuer).claim("sub").domains("example.com"),
                Provider.of("upn", issuer).claim("upn").domains("example.com"),
                Provider.of("nested", issuer).claim("user.id"),
                Provider.of("url", issuer).claim("https://example.com/claims/user"),
                Provider.of("any-audience", issuer).anyAudience(),
                Provider.of("two-audiences", issuer).audiences("one", "two"),
                Provider.of("only-es256", issuer).algorithms("ES256"),
                Provider.of("google", google),
                Provider.of("google-bare", google).aliases("accounts.google.com"),
                Provider.of("shared-a", issuer).host("shared.example.com"),
                Provider.of("shared-b", another).host("shared.example.com").claim("sub"));
    }

    @AfterAll
    void stop() {
        validator.close();
        issuer.close();
        another.close();
        google.close();
    }

    @Nested
    class Ingress {

        @Test
        void aTokenThatIsSignedAndInTimeAndForUsNamesItsUser() {
            assertThat(verdict(PLAIN, Map.of()))
                    .containsEntry("outcome", "accepted")
                    .containsEntry("userId", "ann@example.com")
                    .containsEntry("issuer", "https://issuer.example/")
                    .containsEntry("provider", "default/plain")
                    .containsEntry("revision", validator.revision("plain"));
        }

        @ParameterizedTest
        @CsvSource({
            "iss,   , the token has no issuer",
            "iss, 1 , the token has no issuer",
            "iss, \"https://evil.example\", the issuer is not trusted for this host",
            "aud,   , the audience is not accepted",
            "aud, \"elsewhere\", the audience is not accepted",
            "aud, [], the audience is not accepted",
            "aud, null, aud is neither a string nor a list of strings",
            "aud, 7, aud is neither a string nor a list of strings",
            "aud, {}, aud is neither a string nor a list of strings",
            "exp,   , the token has no exp",
            "exp, null, exp is not a number",
            "exp, \"1790000000\", exp is not a number",
            "exp, true, exp is not a number",
            "exp, 1, the token has expired",
            "exp, 0, the token has expired",
            "exp, -1, exp is not a time",
            "exp, 1e300, exp is not a time",
            "exp, 1e30, exp is not a time",
        })
        void aTokenWithABadClaimIs401(String claim, @Nullable String json, String detail) {
            var changes = new HashMap<String, @Nullable Object>();
            changes.put(claim, json == null ? null : "null".equals(json) ? NULL : Json.read(json));

            assertThat(verdict(PLAIN, changes)).containsEntry("status", 401L).containsEntry("detail", detail);
        }

        @ParameterizedTest
        @ValueSource(strings = {"", ".", "..", "a.b.c", "not a token"})
        void aTokenThatIsMalformedIs401(String token) {
            assertThat(validator.verdict(token, PLAIN))
                    .containsEntry("status", 401L)
                    .containsEntry("error", "invalid_token");
        }

        @Test
        void aTokenThatAnotherSignedIs401() {
            var key = another.key("rsa-1");
            var forged = FakeIdentityProvider.sign(
                    key, FakeIdentityProvider.header(key), Json.text(issuer.claims("ann@example.com")));

            assertThat(validator.verdict(forged, PLAIN))
                    .containsEntry("status", 401L)
                    .containsEntry("detail", "the signature is not valid");
        }
    }

    @Nested
    class AllowedDomains {

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "ann@example.com",
                    "ANN@EXAMPLE.COM",
                    "a.b+c@Example.Com",
                    "ann@b\u00fccher.example",
                    "ann@B\u00dcCHER.example",
                    "ann@xn--bcher-kva.example",
                })
        void aUserOfOneOfThemPasses(String email) {
            assertThat(verdict("domains.example.com", Map.of("email", email))).containsEntry("outcome", "accepted");
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "ann@evil.com",
                    "ann@sub.example.com",
                    "ann@notexample.com",
                    "ann@example.com.evil.com",
                    "ann@example.com.",
                    "ann@example.com@evil.com",
                    "ann@evil.com@example.com",
                    "\"ann@evil.com\"@example.com",
                    "ann@evil.com, bob@example.com",
                    "<ann@example.com>",
                    "ann@example.com ",
                    "ann@example\u3002com",
                    "ann@ex\u0430mple.com",
                    "ann@example.\u212Aom",
                    "ann\uff20example.com",
                    "ann@bu\u0308cher.example",
                    "@example.com",
                    "ann@",
                    "ann",
                    "example.com",
                })
        void aUserOfAnotherIs403(String email) {
            assertThat(verdict("domains.example.com", Map.of("email", email)))
                    .containsEntry("outcome", "refused")
                    .containsEntry("status", 403L)
                    .containsEntry("error", "access_denied")
                    .containsEntry("detail", "email domain is not allowed")
                    .containsEntry("provider", "default/domains")
                    .containsEntry("revision", validator.revision("domains"));
        }

        @Test
        void theAddressIsTheEmailEvenWhereTheUserIsNamedByAnotherClaim() {
            assertThat(verdict("auth0.example.com", Map.of("sub", "auth0|507f1f77bcf86cd799439011")))
                    .containsEntry("userId", "auth0|507f1f77bcf86cd799439011");
            assertThat(verdict("auth0.example.com", Map.of("sub", "ann@example.com", "email", "ann@evil.com")))
                    .containsEntry("status", 403L);
        }

        @Test
        void withoutAnEmailTheUserIdCountsIfItIsAnAddress() {
            var noEmail = changes("email", null, "email_verified", null);
            assertThat(verdict("upn.example.com", with(noEmail, "upn", "ann@example.com")))
                    .containsEntry("userId", "ann@example.com");
            assertThat(verdict("upn.example.com", with(noEmail, "upn", "ann@evil.com")))
                    .containsEntry("status", 403L);
            assertThat(verdict("upn.example.com", with(noEmail, "upn", "ann"))).containsEntry("status", 403L);
        }

        @ParameterizedTest
        @ValueSource(strings = {"false", "\"false\"", "null", "0", "1", "\"yes\"", "[]", "\"True\""})
        void anAddressThatIsNotVerifiedIs403(String verified) {
            var value = "null".equals(verified) ? NULL : Json.read(verified);
            assertThat(verdict("domains.example.com", changes("email_verified", value)))
                    .containsEntry("status", 403L);
        }

        /// The flag is about the user's address, whichever claim holds it.
        @Test
        void anAddressThatIsNotVerifiedIs403WhereTheUserIdIsTheAddress() {
            assertThat(verdict(
                            "upn.example.com",
                            changes("email", null, "email_verified", false, "upn", "ann@example.com")))
                    .containsEntry("status", 403L);
        }

        @Test
        void anAddressOfWhichNothingIsSaidPasses() {
            assertThat(verdict("domains.example.com", changes("email_verified", null)))
                    .containsEntry("outcome", "accepted");
            assertThat(verdict("domains.example.com", changes("email_verified", "true")))
                    .containsEntry("outcome", "accepted");
        }

        @ParameterizedTest
        @ValueSource(strings = {"7", "true", "[\"ann@example.com\"]", "{}"})
        void anEmailThatIsNoTextIs403(String email) {
            assertThat(verdict("auth0.example.com", changes("email", Json.read(email))))
                    .containsEntry("status", 403L);
        }

        @Test
        void withoutAllowedDomainsAnyUserPasses() {
            assertThat(verdict(PLAIN, changes("email", "ann@evil.com", "email_verified", false)))
                    .containsEntry("outcome", "accepted");
        }
    }

    @Nested
    class UserIdClaim {

        @Test
        void aWholeNumberIsAName() {
            assertThat(verdict(PLAIN, Map.of("email", 42L))).containsEntry("userId", "42");
            assertThat(verdict(PLAIN, Map.of("email", BigInteger.TWO.pow(70))))
                    .containsEntry("userId", "1180591620717411303424");
        }

        @Test
        void aClaimThatIsMissingIs401AndNamed() {
            assertThat(verdict(PLAIN, changes("email", null)))
                    .containsEntry("status", 401L)
                    .containsEntry("detail", "userIDClaim \"email\" missing")
                    .containsEntry("provider", "default/plain");
        }

        @ParameterizedTest
        @ValueSource(strings = {"true", "0.5", "1e3", "[]", "[\"ann\"]", "{}", "{\"a\":1}"})
        void aClaimThatIsNoNameIs401(String json) {
            assertThat(verdict(PLAIN, changes("email", Json.read(json))))
                    .containsEntry("status", 401L)
                    .containsEntry("detail", "userIDClaim \"email\" is neither a string nor a whole number");
        }

        @ParameterizedTest
        @ValueSource(strings = {"", " ", "\u3000"})
        void anEmptyNameIs401(String name) {
            assertThat(verdict(PLAIN, Map.of("email", name))).containsEntry("status", 401L);
        }

        @Test
        void aPathLeadsIntoObjects() {
            assertThat(verdict("nested.example.com", Map.of("user", Map.of("id", "ann"))))
                    .containsEntry("userId", "ann");
            assertThat(verdict("nested.example.com", Map.of("user", Map.of("name", "ann"))))
                    .containsEntry("detail", "userIDClaim \"user.id\" missing");
            assertThat(verdict("nested.example.com", Map.of("user", List.of(Map.of("id", "ann")))))
                    .containsEntry("detail", "userIDClaim \"user.id\" missing");
            assertThat(verdict("nested.example.com", Map.of("user", "ann"))).containsEntry("status", 401L);
        }

        @Test
        void aClaimOfThatVeryNameComesBeforeAPath() {
            assertThat(verdict("nested.example.com", Map.of("user.id", "literal", "user", Map.of("id", "path"))))
                    .containsEntry("userId", "literal");
            assertThat(verdict("url.example.com", Map.of("https://example.com/claims/user", "ann")))
                    .containsEntry("userId", "ann");
        }
    }

    @Nested
    class HostEffect {

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "plain.example.com",
                    "PLAIN.Example.COM",
                    "plain.example.com:443",
                    "plain.example.com.",
                    "plain.example.com.:8080"
                })
        void caseAndPortAndFinalDotDoNotMatter(String host) {
            assertThat(verdict(host, Map.of())).containsEntry("provider", "default/plain");
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "nobody.example.com",
                    "example.com",
                    "a.plain.example.com",
                    "plain.example.co",
                    "127.0.0.1",
                    "[::1]",
                    "plain_example_com"
                })
        void aHostWithoutAProviderIs401(String host) {
            assertThat(verdict(host, Map.of()))
                    .containsEntry("status", 401L)
                    .containsEntry("detail", "no identity provider is registered for this host")
                    .containsEntry("cacheFor", 1L)
                    .doesNotContainKeys("provider", "revision");
        }

        @Test
        void ofSeveralProvidersOfAHostTheOneOfTheIssuerCounts() {
            assertThat(validator.verdict(validator.token(issuer, "ann@example.com"), "shared.example.com"))
                    .containsEntry("provider", "default/shared-a")
                    .containsEntry("userId", "ann@example.com");
            assertThat(validator.verdict(validator.token(another, "bob@example.com"), "shared.example.com"))
                    .containsEntry("provider", "default/shared-b")
                    .containsEntry("userId", "sub-bob@example.com");
            assertThat(validator.verdict(validator.token(google, "ann@example.com"), "shared.example.com"))
                    .containsEntry("detail", "the issuer is not trusted for this host");
        }

        /// The same key id in both sets: the key is looked up in the set of the token's issuer only.
        @Test
        void aKeyOfOneIssuerOfTheHostDoesNotSignForTheOther() {
            var key = another.key("rsa-1");
            var forged = FakeIdentityProvider.sign(
                    key, FakeIdentityProvider.header(key), Json.text(issuer.claims("ann@example.com")));

            assertThat(validator.verdict(forged, "shared.example.com"))
                    .containsEntry("outcome", "refused")
                    .containsEntry("detail", "the signature is not valid");
        }

        @Test
        void oneIssuerMayBeThereTwiceWithDifferentAudiences() {
            validator.register(
                    Provider.of("twice-b", issuer)
                            .host("twice.example.com")
                            .audiences("b")
                            .claim("sub"),
                    Provider.of("twice-a", issuer).host("twice.example.com").audiences("a"));

            assertThat(verdict("twice.example.com", Map.of("aud", "a"))).containsEntry("provider", "default/twice-a");
            assertThat(verdict("twice.example.com", Map.of("aud", "b"))).containsEntry("provider", "default/twice-b");
            assertThat(verdict("twice.example.com", Map.of("aud", "c")))
                    .containsEntry("detail", "the audience is not accepted")
                    .doesNotContainKey("provider");
        }

        /// Whoever is asked, in whatever order the providers became known.
        @Test
        void aTokenForTwoOfThemIsJudgedByTheFirstInTheOrderOfNames() {
            for (int i = 0; i < 8; i++) {
                var host = "both-" + i + ".example.com";
                validator.register(
                        Provider.of("both-" + i + "-z", issuer)
                                .host(host)
                                .audiences("z")
                                .claim("sub"),
                        Provider.of("both-" + i + "-a", issuer).host(host).audiences("a"));
                assertThat(verdict(host, Map.of("aud", List.of("z", "a"))))
                        .containsEntry("provider", "default/both-" + i + "-a");
            }
        }
    }

    @Nested
    class IssuerCompare {

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "https://issuer.example",
                    "https://issuer.example//",
                    "https://ISSUER.example/",
                    "HTTPS://issuer.example/",
                    "https://issuer.example:443/",
                    "https://issuer.example/ ",
                    "https://issuer.example/\u0000",
                    "issuer.example"
                })
        void byteForByte(String iss) {
            assertThat(verdict(PLAIN, Map.of("iss", iss)))
                    .containsEntry("status", 401L)
                    .containsEntry("detail", "the issuer is not trusted for this host");
        }

        @Test
        void theBareNameOfGoogleCountsOnlyWhereConfigured() {
            var bare = validator.token(google, "ann@example.com", Map.of("iss", "accounts.google.com"));

            assertThat(validator.verdict(bare, "google-bare.example.com"))
                    .containsEntry("outcome", "accepted")
                    .containsEntry("issuer", "https://accounts.google.com");
            assertThat(validator.verdict(bare, "google.example.com")).containsEntry("outcome", "refused");
        }
    }

    @Nested
    class Audiences {

        @Test
        void oneOfThemSuffices() {
            assertThat(verdict("two-audiences.example.com", Map.of("aud", "two")))
                    .containsEntry("outcome", "accepted");
            assertThat(verdict("two-audiences.example.com", Map.of("aud", List.of("elsewhere", "one"))))
                    .containsEntry("outcome", "accepted");
            assertThat(verdict("two-audiences.example.com", Map.of("aud", "one two")))
                    .containsEntry("detail", "the audience is not accepted");
            assertThat(verdict("two-audiences.example.com", Map.of("aud", "ONE")))
                    .containsEntry("status", 401L);
        }

        @Test
        void aProviderWithoutAnyTakesAllAndIsCounted() {
            double before = validator.counted("behalf.verdicts.audience.unchecked", "provider", "default/any-audience");

            assertThat(verdict("any-audience.example.com", Map.of("aud", "elsewhere")))
                    .containsEntry("outcome", "accepted");
            assertThat(verdict("any-audience.example.com", changes("aud", null)))
                    .containsEntry("outcome", "accepted");
            assertThat(verdict("any-audience.example.com", Map.of("aud", 7L))).containsEntry("status", 401L);
            assertThat(validator.counted("behalf.verdicts.audience.unchecked", "provider", "default/any-audience"))
                    .isEqualTo(before + 2);
        }

        @Test
        void theExplanationSaysThatNoAudienceIsChecked() {
            var explanation = validator.ask(
                    "/v1/explanations",
                    Map.of("token", validator.token(issuer, "ann@example.com"), "provider", "default/any-audience"));

            assertThat(String.valueOf(explanation.get("steps")))
                    .contains("NOT CHECKED: the identity provider default/any-audience names no audience");
        }

        @Test
        void aSettingForbidsProvidersWithoutAny() {
            try (var strict = RunningValidator.start(Map.of("behalf.validator.require-audiences", true), issuer)) {
                strict.register(Provider.of("any", issuer).anyAudience(), Provider.of("plain", issuer));

                assertThat(strict.verdict(strict.token(issuer, "ann@example.com"), "any.example.com"))
                        .containsEntry("status", 401L)
                        .containsEntry("detail", "the identity provider names no audience")
                        .containsEntry("revision", 1L);
                assertThat(strict.verdict(strict.token(issuer, "ann@example.com"), PLAIN))
                        .containsEntry("outcome", "accepted");
            }
        }
    }

    @Nested
    class HeaderSafety {

        @ParameterizedTest
        @CsvSource({
            "ann lee,          ann%20lee",
            "'ann,lee',        ann%2Clee",
            "100%,             100%25",
            "100%25,           100%2525",
            "'a\"b\\c;d',      a%22b%5Cc%3Bd",
            "\u00e4nn,         %C3%A4nn",
            "\ud83d\ude00,     %F0%9F%98%80",
            "auth0|507f1f77,   auth0|507f1f77",
            "a+b@example.com,  a+b@example.com",
            "CN=Ann/O=X,       CN=Ann/O=X",
        })
        void theNameBecomesPrintableAsciiThatNoTwoUsersShare(String name, String header) {
            assertThat(verdict(PLAIN, Map.of("email", name))).containsEntry("userId", header);
        }

        @ParameterizedTest
        @ValueSource(
                strings = {"ann\r\nX-End-User-ID: root", "ann\n", "a\u0000", "a\u0007", "a\u007f", "a\u0085", "\tann"})
        void controlCharactersAre401(String name) {
            assertThat(verdict(PLAIN, Map.of("email", name)))
                    .containsEntry("status", 401L)
                    .containsEntry("detail", "the user id holds a control character");
        }

        @Test
        void halfACharacterIs401() {
            var key = issuer.key("rsa-1");
            var payload = Json.text(issuer.claims("X")).replace("\"email\":\"X\"", "\"email\":\"a\\ud800\"");

            assertThat(validator.verdict(
                            FakeIdentityProvider.sign(key, FakeIdentityProvider.header(key), payload), PLAIN))
                    .containsEntry("status", 401L);
        }

        @Test
        void aThousandAndTwentyFourCharactersAreTheMost() {
            assertThat(verdict(PLAIN, Map.of("email", "a".repeat(1024)))).containsEntry("userId", "a".repeat(1024));
            assertThat(verdict(PLAIN, Map.of("email", "a".repeat(1025)))).containsEntry("status", 401L);
            assertThat(verdict(PLAIN, Map.of("email", "\u00e4".repeat(171)))).containsEntry("status", 401L);
        }
    }

    @Nested
    class Algorithms {

        @ParameterizedTest
        @ValueSource(strings = {"rsa-1", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"})
        void everyAsymmetricOneIsAcceptedByDefault(String kid) {
            assertThat(validator.verdict(signedWith(kid), PLAIN)).containsEntry("outcome", "accepted");
        }

        @ParameterizedTest
        @ValueSource(strings = {"rsa-1", "PS256", "ES384"})
        void aProviderMayAllowFewer(String kid) {
            assertThat(validator.verdict(signedWith("ES256"), "only-es256.example.com"))
                    .containsEntry("outcome", "accepted");
            assertThat(validator.verdict(signedWith(kid), "only-es256.example.com"))
                    .containsEntry("status", 401L)
                    .containsEntry("detail", "the algorithm is not accepted");
        }

        @ParameterizedTest
        @ValueSource(
                strings = {"none", "None", "NONE", "nOnE", "HS256", "HS384", "HS512", "RS1", "", "RS256 ", "rs256"})
        void noOtherIsEver(String alg) {
            var key = issuer.key("rsa-1");
            var header = FakeIdentityProvider.header(key);
            header.put("alg", alg);
            var token = FakeIdentityProvider.sign(key, header, Json.text(issuer.claims("ann@example.com")));

            assertThat(validator.verdict(token, PLAIN)).containsEntry("status", 401L);
            assertThat(validator.verdict(token.substring(0, token.lastIndexOf('.') + 1), PLAIN))
                    .containsEntry("status", 401L);
        }

        @ParameterizedTest
        @ValueSource(strings = {"logout+jwt", "dpop+jwt", "secevent+jwt", "JOSE+JSON", ""})
        void aTokenOfAnotherTypeIs401(String type) {
            assertThat(validator.verdict(typed(type), PLAIN)).containsEntry("status", 401L);
        }

        @ParameterizedTest
        @ValueSource(strings = {"JWT", "jwt", "at+jwt", "application/at+jwt"})
        void anAccessTokenOrAPlainOneIsAccepted(String type) {
            assertThat(validator.verdict(typed(type), PLAIN)).containsEntry("outcome", "accepted");
        }

        private String typed(String type) {
            var key = issuer.key("rsa-1");
            var header = FakeIdentityProvider.header(key);
            header.put("typ", type);
            return FakeIdentityProvider.sign(key, header, Json.text(issuer.claims("ann@example.com")));
        }

        private String signedWith(String kid) {
            var key = issuer.key(kid);
            return FakeIdentityProvider.sign(
                    key, FakeIdentityProvider.header(key), Json.text(issuer.claims("ann@example.com")));
        }
    }

    @Nested
    class ClockSkew {

        @ParameterizedTest
        @CsvSource({
            "exp, -50, accepted",
            "exp, -61, refused",
            "nbf, 50, accepted",
            "nbf, 75, refused",
            "iat, 50, accepted",
            "iat, 75, refused",
        })
        void isSixtySeconds(String claim, long seconds, String outcome) {
            long now = validator.clock().instant().getEpochSecond();

            assertThat(verdict(PLAIN, Map.of(claim, now + seconds))).containsEntry("outcome", outcome);
        }

        @Test
        void theVerdictEndsWithTheTokenAndTheSkew() {
            long now = validator.clock().instant().getEpochSecond();

            assertThat(verdict(PLAIN, Map.of("exp", now + 100))).containsEntry("expiresAt", now + 160);
        }

        @Test
        void aRefusalLastsUntilTheTokenBeginsButNeverLongerThanAMinute() {
            long now = validator.clock().instant().getEpochSecond();

            var soon = verdict(PLAIN, Map.of("nbf", now + 100));
            assertThat((Long) soon.get("cacheFor")).isBetween(1L, 40L);
            assertThat(verdict(PLAIN, Map.of("nbf", now + 10_000))).containsEntry("cacheFor", 60L);
            assertThat(verdict(PLAIN, Map.of("exp", 1L))).containsEntry("cacheFor", 60L);
        }
    }

    @Nested
    class DeleteAndUpdate {

        @Test
        void aDeletedProvidersTokensAre401() {
            validator.register(Provider.of("doomed", issuer));
            assertThat(verdict("doomed.example.com", Map.of())).containsEntry("outcome", "accepted");

            validator.delete("doomed");
            assertThat(verdict("doomed.example.com", Map.of())).containsEntry("status", 401L);
        }

        @Test
        void aChangedProviderJudgesByItsNewRules() {
            validator.register(Provider.of("changing", issuer));
            assertThat(verdict("changing.example.com", Map.of())).containsEntry("outcome", "accepted");

            validator.register(Provider.of("changing", issuer).domains("another.example"));
            assertThat(verdict("changing.example.com", Map.of()))
                    .containsEntry("status", 403L)
                    .containsEntry("revision", validator.revision("changing"));

            validator.register(Provider.of("changing", issuer).claim("sub"));
            assertThat(verdict("changing.example.com", Map.of())).containsEntry("userId", "sub-ann@example.com");
        }
    }

    @Nested
    class Explanation {

        @Test
        void eachCheckIsShownAndTheRestIsSkipped() {
            var explanation = validator.ask(
                    "/v1/explanations",
                    Map.of(
                            "token",
                            validator.token(issuer, "ann@evil.com", Map.of("exp", 1L)),
                            "provider",
                            "default/domains",
                            "host",
                            "domains.example.com"));

            assertThat(explanation).containsEntry("verdict", "refused");
            assertThat(outcomes(explanation))
                    .containsExactly(
                            "provider view passed",
                            "form passed",
                            "host passed",
                            "issuer passed",
                            "audience passed",
                            "algorithm passed",
                            "signature passed",
                            "times failed",
                            "user id claim skipped",
                            "email domain skipped");
        }

        @Test
        void aGoodTokenPassesEveryCheck() {
            var explanation = validator.ask(
                    "/v1/explanations", Map.of("token", validator.token(issuer, "ann@example.com"), "host", PLAIN));

            assertThat(explanation).containsEntry("verdict", "accepted").containsEntry("userId", "ann@example.com");
            assertThat(outcomes(explanation)).hasSize(10).allMatch(step -> step.endsWith(" passed"));
        }

        @Test
        void aProviderOfAnotherHostDoesNotVouch() {
            var explanation = validator.ask(
                    "/v1/explanations",
                    Map.of(
                            "token",
                            validator.token(issuer, "ann@example.com"),
                            "provider",
                            "default/plain",
                            "host",
                            "x.example.com"));

            assertThat(explanation)
                    .containsEntry("verdict", "refused")
                    .containsEntry("detail", "the identity provider is registered for another host");
        }

        @Test
        void theTokenAndItsSecretsAreNotShown() {
            var token =
                    validator.token(issuer, "ann@example.com", Map.of("ssn", "078-05-1120", "nonce", "n-0S6_WzA2Mj"));
            var explanation = Json.text(validator.ask("/v1/explanations", Map.of("token", token, "host", PLAIN)));

            assertThat(explanation).doesNotContain("078-05-1120", "n-0S6_WzA2Mj");
            Arrays.stream(token.split("\\."))
                    .forEach(part -> assertThat(explanation).doesNotContain(part));
        }

        private static List<String> outcomes(Map<String, @Nullable Object> explanation) {
            return ((List<?>) java.util.Objects.requireNonNull(explanation.get("steps")))
                    .stream()
                            .map(step -> (Map<?, ?>) step)
                            .map(step -> step.get("check") + " " + step.get("outcome"))
                            .toList();
        }
    }

    /// @param changes claims set otherwise; null removes one, [#NULL] makes it a JSON null
    private Map<String, @Nullable Object> verdict(String host, Map<String, @Nullable Object> changes) {
        var claims = issuer.claims("ann@example.com");
        changes.forEach((name, value) -> {
            if (value == null) {
                claims.remove(name);
            } else {
                claims.put(name, NULL.equals(value) ? null : value);
            }
        });
        return validator.verdict(issuer.sign(claims), host);
    }

    private static Map<String, @Nullable Object> changes(@Nullable Object... namesAndValues) {
        var changes = new HashMap<String, @Nullable Object>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            changes.put(String.valueOf(namesAndValues[i]), namesAndValues[i + 1]);
        }
        return changes;
    }

    private static Map<String, @Nullable Object> with(
            Map<String, @Nullable Object> changes, String name, Object value) {
        var more = new HashMap<String, @Nullable Object>(changes);
        more.put(name, value);
        return more;
    }
}
