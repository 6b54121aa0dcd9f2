package dev.behalf.vault.people;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.behalf.vault.RunningVault;
import dev.behalf.vault.people.PersonsBrowser.Page;
import java.net.URI;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What people do at the vault's pages, through HTTP as their browsers do it.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PeopleTest {

    private VaultSite site;

    @BeforeAll
    void start(@TempDir Path folder) {
        site = VaultSite.start(folder, Map.of());
    }

    @AfterAll
    void stop() {
        site.close();
    }

    @Test
    void aPersonConnectsAnAccountLetsTheAgentUseItSeesTheUseAndEndsIt() {
        var user = newUser("alice");
        var browser = new PersonsBrowser();
        var overview = browser.open(connections());
        assertThat(overview.html()).contains("You are signed in as alice.", "No account is connected.", "Demo");

        var asked = browser.open(site.url() + "/connections/connect/demo");
        assertThat(asked.title()).isEqualTo("Connect Demo");
        var connected = browser.submit(asked, "/connections/connect/demo", Map.of());
        assertThat(connected.at()).isEqualTo(URI.create(connections()));
        assertThat(connected.html()).contains("A. Person", "octocat-there", "Recognise you", "None");
        assertThat(site.status(user)).isEqualTo("consent_required");

        var question = browser.open(site.authorizationUrl(user, ""));
        assertThat(question.title()).isEqualTo("May Inbox Helper use your account at Demo?");
        assertThat(question.html()).contains("A. Person", "The operator of this service set this agent up.");
        var done = browser.submit(question, "/decision", Map.of("decision", "allow", "lifetime", "3600"));
        assertThat(done.title()).isEqualTo("Inbox Helper may use your account");
        assertThat(done.html()).contains("You can go back to the agent");
        assertThat(site.ask(user, "?purpose=to%20look").statusCode()).isEqualTo(200);

        var used = browser.open(connections());
        assertThat(used.html())
                .contains("Inbox Helper was given the token of your account at Demo", "It said: “to look”")
                .doesNotContain("token-secret");

        var sure = browser.open(site.url() + "/connections/accounts/" + connection(used) + "/disconnect");
        assertThat(sure.html()).contains("Demo is told to end them there too.", "Inbox Helper");
        var gone = browser.submit(sure, "/disconnect", Map.of());
        assertThat(gone.title()).isEqualTo("Demo is disconnected");
        assertThat(gone.html()).contains("ended at Demo");
        assertThat(site.status(user)).isEqualTo("not_connected");
        assertThat(browser.open(connections()).html()).contains("No account is connected.", "You disconnected Demo");
    }

    /// From the answer that the agent got to the final page, with everything in between.
    @Test
    void theUrlOfTheAgentsAnswerLeadsAllTheWay() {
        var user = newUser("bea");
        var browser = new PersonsBrowser();
        var url = site.authorizationUrl(user, "?scopes=repo");
        assertThat(url).startsWith(site.url() + "/connections/connect/demo?agent=the-agent&scopes=repo");

        var connect = browser.open(url);
        assertThat(connect.html()).contains("Inbox Helper wants to use an account of yours at Demo", "repositories");
        var question = browser.submit(connect, "/connections/connect/demo", Map.of());
        var done = browser.submit(question, "/decision", Map.of("decision", "allow"));
        assertThat(done.title()).isEqualTo("Inbox Helper may use your account");
        assertThat(site.ask(user, "?scopes=repo").statusCode()).isEqualTo(200);
        assertThat(browser.open(url).title()).isEqualTo("Inbox Helper may use your account");

        var more = browser.open(site.authorizationUrl(user, "?scopes=repo%20gist"));
        assertThat(more.title()).isEqualTo("More permissions at Demo");
        var again = browser.submit(more, "/connections/connect/demo", Map.of());
        assertThat(again.title()).isEqualTo("May Inbox Helper use your account at Demo?");
        assertThat(site.ask(user, "?scopes=repo").statusCode())
                .as("the account can do more than was allowed")
                .isEqualTo(403);
    }

    @Test
    void whoSaysNoAllowsNothing() {
        var user = newUser("carl");
        var browser = connectedAs(user);
        var question = browser.open(site.authorizationUrl(user, ""));
        var no = browser.submit(question, "/decision", Map.of("decision", "deny"));
        assertThat(no.title()).isEqualTo("Inbox Helper may not use your account");
        assertThat(site.status(user)).isEqualTo("consent_required");
    }

    @Test
    void whatWasAllowedIsChangedAndTakenBack() {
        var user = newUser("dora");
        var browser = connectedAs(user);
        browser.submit(browser.open(site.authorizationUrl(user, "")), "/decision", Map.of("decision", "allow"));
        assertThat(site.status(user)).isEqualTo("active");

        var page = site.url() + "/connections/accounts/" + connection(browser.open(connections()))
                + "/agent?agent=the-agent";
        var shown = browser.open(page);
        var shorter = browser.submit(shown, "/agent", Map.of("decision", "allow", "lifetime", "3600"));
        assertThat(shorter.at()).isEqualTo(URI.create(connections()));
        assertThat(shorter.html()).contains("Until ").doesNotContain("Until you take it back");
        site.vault.sql("UPDATE connection SET scopes = scopes || '{repo}' WHERE owner = '" + user + "'");
        var more = browser.post(shown, "/agent", Map.of("decision", "allow"), Map.of());
        assertThat(more.status())
                .as("the page did not show what the account can do now")
                .isEqualTo(409);
        assertThat(more.html())
                .contains("What this account can do has changed", "/agent?agent=the-agent")
                .doesNotContain("malformed");
        browser.submit(browser.open(page), "/agent", Map.of("decision", "deny"));
        assertThat(site.status(user)).isEqualTo("consent_required");
        assertThat(browser.open(page).status()).isEqualTo(404);
    }

    @Test
    void ofSeveralAccountsThePersonChoosesOne() {
        var user = newUser("emil");
        var browser = connectedAs(user);
        site.provider.visitor("second", "Second Person");
        browser.submit(browser.open(site.url() + "/connections/connect/demo"), "/connections/connect/demo", Map.of());
        site.provider.visitor("octocat", "A. Person");

        var question = browser.open(site.authorizationUrl(user, ""));
        assertThat(question.html()).contains("Which account?", "A. Person", "Second Person");
        var fields = new LinkedHashMap<>(question.form("/decision"));
        var ids = fields.keySet().stream()
                .filter(name -> name.startsWith("scopes-"))
                .map(name -> name.substring("scopes-".length()))
                .toList();
        browser.submit(question, "/decision", Map.of("decision", "allow", "connection", ids.get(1)));
        assertThat(RunningVault.json(site.ask(user, ""))).containsEntry("account", "second");
    }

    @Test
    void nothingIsAllowedThatThePageDidNotShow() {
        var user = newUser("fred");
        var browser = connectedAs(user);
        var question = browser.open(site.authorizationUrl(user, ""));
        var id = connection(browser.open(connections()));
        browser.submit(question, "/decision", Map.of("decision", "allow", "scopes-" + id, "openid"));
        assertThat(site.status(user)).isEqualTo("consent_required");
        var foreign = newUser("gina");
        connectedAs(foreign);
        browser.submit(
                question,
                "/decision",
                Map.of("decision", "allow", "connection", UUID.randomUUID().toString()));
        assertThat(site.status(foreign)).isEqualTo("consent_required");
        assertThat(browser.submit(question, "/decision", Map.of("decision", "allow", "lifetime", "999999999"))
                        .status())
                .isEqualTo(400);
    }

    @Test
    void aKeyIsCheckedBeforeItIsKeptAndNeverShown() {
        newUser("hans");
        var browser = new PersonsBrowser();
        var asked = browser.open(site.url() + "/connections/connect/checked");
        assertThat(asked.title()).isEqualTo("A key of Checked Keys");
        var refused = browser.submit(asked, "/connections/connect/checked", Map.of("key", "wrong-pasted-secret"));
        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.html()).contains("does not accept this key").doesNotContain("wrong-pasted-secret");
        assertThat(browser.submit(asked, "/connections/connect/checked", Map.of("key", "two words"))
                        .html())
                .contains("This does not look like a key");
        assertThat(browser.open(connections()).html()).contains("No account is connected.");

        var good = site.provider.issue("octocat");
        var kept = browser.submit(asked, "/connections/connect/checked", Map.of("key", good));
        assertThat(kept.at()).isEqualTo(URI.create(connections()));
        assertThat(kept.html()).contains("Checked Keys", "octocat-there").doesNotContain(good);
    }

    @Test
    void aKeyThatNobodyCanCheckIsKeptUnderTheNameThatItsOwnerGives() {
        newUser("ida");
        var browser = new PersonsBrowser();
        var asked = browser.open(site.url() + "/connections/connect/keys");
        var kept = browser.submit(asked, "/connections/connect/keys", Map.of("key", "k-1", "account", "at work"));
        assertThat(kept.html()).contains("Keys", "at work");
        var sure = browser.open(site.url() + "/connections/accounts/" + connection(kept) + "/disconnect");
        assertThat(sure.html()).contains("has no way for us to end them there");
        assertThat(browser.submit(sure, "/disconnect", Map.of()).html()).contains("At Keys we cannot end them");
    }

    @ParameterizedTest
    @CsvSource({
        "denied, 400, You did not agree",
        "code, 400, did not accept its own answer",
        "issuer, 400, did not come from the provider",
        "misconfigured, 502, Its operator has to mend that",
        "unavailable, 503, Please try again in a while",
    })
    void whatGoesWrongAtTheProviderIsAPageThatSaysSoWithAWayOn(String what, int status, String text) {
        newUser("jan");
        var browser = new PersonsBrowser();
        var asked = browser.open(site.url() + "/connections/connect/demo?agent=the-agent");
        try {
            switch (what) {
                case "denied" -> site.provider.deny(true);
                case "misconfigured" -> site.provider.failWith(401, "invalid_client");
                case "unavailable" -> site.provider.failWith(503, "temporarily_unavailable");
                default -> {}
            }
            var back = toTheCallback(browser, asked);
            var changed = back.toString();
            if (what.equals("code")) {
                changed = changed.replaceFirst("code=[^&]*", "code=another");
            } else if (what.equals("issuer")) {
                changed = changed.replaceFirst("iss=[^&]*", "iss=https%3A%2F%2Fevil.example");
            }
            var page = browser.open(changed);
            assertThat(page.status()).isEqualTo(status);
            assertThat(page.html())
                    .contains(text, "href=\"/connections/connect/demo?agent=the-agent\"", "Try again")
                    .doesNotContain("evil.example", "invalid_client");
            assertThat(browser.open(changed).status())
                    .as("the state is used up")
                    .isEqualTo(400);
        } finally {
            site.provider.deny(false);
            site.provider.failWith(null, "");
        }
    }

    @Test
    void toConnectAgainTakesNoOtherAccount() {
        var user = newUser("kim");
        var browser = connectedAs(user);
        var again = site.url() + "/connections/connect/demo?connection=" + connection(browser.open(connections()));
        assertThat(browser.open(again).title()).isEqualTo("Connect Demo again");
        site.provider.visitor("other", "Other Person");
        try {
            var page = browser.submit(browser.open(again), "/connections/connect/demo", Map.of());
            assertThat(page.status()).isEqualTo(400);
            assertThat(page.title()).isEqualTo("That is another account");
        } finally {
            site.provider.visitor("octocat", "A. Person");
        }
        assertThat(browser.submit(browser.open(again), "/connections/connect/demo", Map.of())
                        .at())
                .isEqualTo(URI.create(connections()));
    }

    @Test
    void anAnswerIsGoodInTheBrowserOfThePersonWhoBeganAlone() {
        newUser("lea");
        var lea = new PersonsBrowser();
        var leas = toTheCallback(lea, lea.open(site.url() + "/connections/connect/demo"));
        // The same person in another browser
        var elsewhere = new PersonsBrowser();
        elsewhere.open(connections());
        assertThat(elsewhere.open(leas.toString()).status()).isEqualTo(400);
        // Another person: an attacker who has the victim complete what they began
        newUser("mallory");
        var mallory = new PersonsBrowser();
        mallory.open(connections());
        assertThat(mallory.open(leas.toString()).status()).isEqualTo(400);
        assertThat(mallory.open(connections()).html()).contains("No account is connected.");
        // Nobody
        assertThat(new PersonsBrowser().open(leas.toString()).status()).isEqualTo(403);
        // And still the one who began it, once
        assertThat(lea.open(leas.toString()).at()).isEqualTo(URI.create(connections()));
        assertThat(lea.open(leas.toString()).status()).isEqualTo(400);
    }

    @Test
    void whatAnAppBeganIsNotCompletedAtThePages() {
        var user = new dev.behalf.vault.VaultUser();
        site.signIn().next(user.name(), "nina");
        var begun = site.vault.post(
                "/api/v1/connections/authorizations",
                Map.of("provider", "demo", "redirect_uri", dev.behalf.vault.RotatingProvider.REDIRECT),
                "Bearer "
                        + site.authz.token(
                                "urn:behalf:token-vault",
                                "connections:manage",
                                Map.of("sub", user.name(), "client_id", "the-app")));
        var state = String.valueOf(RunningVault.json(begun).get("state"));
        var browser = new PersonsBrowser();
        browser.open(connections());
        assertThat(browser.open(site.url() + "/connections/callback?code=x&state=" + state)
                        .status())
                .isEqualTo(400);
    }

    @ParameterizedTest
    @ValueSource(strings = {"csrf", "none", "origin", "site"})
    void aFormThatIsNotOursChangesNothing(String what) {
        var user = newUser("olga");
        var browser = connectedAs(user);
        var question = browser.open(site.authorizationUrl(user, ""));
        Map<String, String> fields = new LinkedHashMap<>(Map.of("decision", "allow"));
        Map<String, String> headers = new LinkedHashMap<>();
        switch (what) {
            case "csrf" -> {
                var other = new PersonsBrowser();
                newUser("peer");
                other.open(connections());
                fields.put("csrf", other.open(connections()).form("/sign-out").getOrDefault("csrf", ""));
            }
            case "none" -> fields.put("csrf", "");
            case "origin" -> headers.put("Origin", "https://evil.example");
            default -> headers.put("Sec-Fetch-Site", "cross-site");
        }
        var page = browser.post(question, "/decision", fields, headers);
        assertThat(page.status()).isEqualTo(403);
        assertThat(page.html()).contains("did not come from our own page");
        assertThat(site.status(user)).isEqualTo("consent_required");
    }

    @Test
    void everyFormHasATokenOfTheSession() {
        newUser("quinn");
        var browser = connectedAs("quinn");
        var id = connection(browser.open(connections()));
        for (var path : java.util.List.of(
                "/connections/sign-out",
                "/connections/connect/demo",
                "/connections/connect/keys",
                "/connections/connect/demo/decision?agent=the-agent",
                "/connections/accounts/" + id + "/disconnect",
                "/connections/accounts/" + id + "/agent?agent=the-agent")) {
            assertThat(browser.post(URI.create(site.url() + path), Map.of("key", "k"), Map.of())
                            .status())
                    .as(path)
                    .isEqualTo(403);
        }
        assertThat(browser.open(connections()).html()).contains("octocat-there");
    }

    @Test
    void aSessionThatSomebodyPlantedIsNotAdopted() {
        newUser("rosa");
        var planted = "p".repeat(43);
        var browser = new PersonsBrowser();
        browser.cookies().put("__Host-behalf-connections", planted);
        browser.open(connections());
        var first = browser.cookies().get("__Host-behalf-connections");
        assertThat(first).isNotNull().isNotEqualTo(planted);

        newUser("sam");
        var thief = new PersonsBrowser();
        thief.cookies().put("__Host-behalf-connections", planted);
        assertThat(thief.step(URI.create(connections())).status()).isEqualTo(303);
        // Whoever signs in once more has a new session, and the one before has ended
        var begun = browser.step(URI.create(connections() + "/connect/demo"));
        assertThat(begun.status()).isEqualTo(200);
        var copy = new PersonsBrowser();
        copy.cookies().putAll(browser.cookies());
        copy.cookies().put("__Host-behalf-connections", planted);
        var back = copy.step(URI.create(connections()));
        copy.cookies().put("__Host-behalf-connections", String.valueOf(first));
        copy.follow(back);
        assertThat(copy.cookies().get("__Host-behalf-connections")).isNotEqualTo(first);
        assertThat(browser.step(URI.create(connections())).status()).isEqualTo(303);
    }

    @Test
    void sessionsEndByThemselvesAndBySigningOut() {
        var user = newUser("tina");
        var browser = new PersonsBrowser();
        var page = browser.open(connections());
        var out = browser.post(page, "/sign-out", Map.of(), Map.of());
        assertThat(out.headers().firstValue("Location")).hasValue(site.url() + "/logout");
        assertThat(browser.cookies()).doesNotContainKey("__Host-behalf-connections");

        browser.open(connections());
        assertThat(browser.step(URI.create(connections())).status()).isEqualTo(200);
        for (var age : java.util.List.of(
                "seen_at = seen_at - interval '15 minutes'", "begun_at = begun_at - interval '30 minutes'")) {
            browser.open(connections());
            assertThat(site.vault.sql("UPDATE session SET " + age + " WHERE subject = '" + user + "'"))
                    .isPositive();
            assertThat(browser.step(URI.create(connections())).status()).as(age).isEqualTo(303);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"iss", "aud", "nonce", "exp", "sub"})
    void anIdTokenThatIsNotForThisSignsNobodyIn(String claim) {
        newUser("uwe");
        site.signIn().claim(claim, claim.equals("exp") ? 1L : "");
        try {
            var browser = new PersonsBrowser();
            var page = browser.open(connections());
            assertThat(page.status()).isEqualTo(400);
            assertThat(page.title()).isEqualTo("You are not signed in");
            assertThat(browser.cookies()).doesNotContainKey("__Host-behalf-connections");
        } finally {
            site.signIn().sound();
        }
    }

    @Test
    void aSignInIsCompletedInTheBrowserThatBeganItAsItWasBegun() {
        newUser("vera");
        var vera = new PersonsBrowser();
        var begun = vera.step(URI.create(site.url() + "/connections/connect/demo"));
        var back = vera.step(begun.at()
                        .resolve(begun.headers().firstValue("Location").orElseThrow()))
                .headers()
                .firstValue("Location")
                .orElseThrow();
        // Login CSRF: a victim is sent the attacker's answer
        assertThat(new PersonsBrowser().open(back).status()).isEqualTo(400);
        // Another page to come back to, on our site or elsewhere
        var state = back.replaceFirst(".*state=([^&]*).*", "$1");
        for (var page : java.util.List.of("//evil.example/", "/connections")) {
            var other = state.substring(0, state.lastIndexOf('.') + 1)
                    + java.util.Base64.getUrlEncoder()
                            .withoutPadding()
                            .encodeToString(page.getBytes(java.nio.charset.StandardCharsets.UTF_8));
            assertThat(vera.step(URI.create(back.replace(state, other))).status())
                    .isEqualTo(400);
        }
        assertThat(vera.step(URI.create(back.replaceFirst("&iss=[^&]*", ""))).status())
                .isEqualTo(400);
        var done = vera.step(URI.create(back));
        assertThat(done.headers().firstValue("Location")).hasValue("/connections/connect/demo");
        assertThat(vera.step(URI.create(back)).status()).as("the code is spent").isEqualTo(400);
    }

    @Test
    void anAgentThatNobodyKnowsIsNotAskedAbout() {
        var user = newUser("willi");
        var browser = connectedAs(user);
        var page = browser.open(site.url() + "/connections/connect/demo?agent=who-is-that");
        assertThat(page.status()).isEqualTo(400);
        assertThat(page.title()).isEqualTo("This agent is not known");
        var proved =
                browser.open(site.url() + "/connections/connect/demo?agent=https%3A%2F%2Fagent.example%2Fclient.json");
        assertThat(proved.html()).contains("Checked: this agent comes from agent.example.");
    }

    @Test
    void whatOthersChoseIsShownAsText() {
        var evil = "<script>alert(1)</script>\"'>";
        var user = newUser("<img src=x onerror=alert(1)>");
        site.signIn().client("evil-agent", evil, "registered");
        site.provider.visitor("octocat", evil);
        try {
            var browser = connectedAs(user);
            var overview = browser.open(connections());
            var question = browser.open(site.url() + "/connections/connect/demo?agent=evil-agent");
            browser.submit(question, "/decision", Map.of("decision", "allow"));
            for (var page : java.util.List.of(overview, question, browser.open(connections()))) {
                assertThat(page.html())
                        .contains("&lt;script&gt;", "&lt;img src=x")
                        .doesNotContain("<script", "<img src=x");
            }
            assertThat(question.html()).contains("Nobody checked who this is.");
        } finally {
            site.provider.visitor("octocat", "A. Person");
        }
    }

    @Test
    void noPageIsFramedKeptOrRunsAnything() {
        newUser("xaver");
        var browser = connectedAs("xaver");
        var id = connection(browser.open(connections()));
        for (var path : java.util.List.of(
                "",
                "/connect/demo",
                "/connect/keys",
                "/connect/demo?agent=the-agent",
                "/accounts/" + id + "/disconnect",
                "/accounts/no-such/disconnect",
                "/callback")) {
            var page = browser.open(connections() + path);
            assertThat(page.headers().firstValue("Content-Security-Policy").orElse(""))
                    .as(path)
                    .startsWith("default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors"
                            + " 'none'");
            assertThat(page.headers().firstValue("X-Frame-Options")).hasValue("DENY");
            assertThat(page.headers().firstValue("Cache-Control")).hasValue("no-store");
            assertThat(page.headers().firstValue("Referrer-Policy")).hasValue("same-origin");
            assertThat(page.html()).doesNotContain("<script", " style=", "http://127.0.0.1");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "/connect/no-such, 404",
        "/connect/NO, 404",
        "/connect/demo?agent=a&agent=b, 400",
        "/connect/demo?connection=x, 400",
        "/connect/demo?connection=00000000-0000-0000-0000-000000000000, 404",
        "/accounts/x/disconnect, 404",
        "/accounts/00000000-0000-0000-0000-000000000000/agent, 404",
        "/callback, 400",
        "/callback?state=x, 400",
    })
    void badInputIsAPageThatSaysSo(String path, int status) {
        newUser("yves");
        var browser = new PersonsBrowser();
        browser.open(connections());
        var page = browser.open(connections() + path);
        assertThat(page.status()).isEqualTo(status);
        assertThat(page.headers().firstValue("Content-Type")).hasValue("text/html; charset=utf-8");
        assertThat(page.html()).contains("href=\"/connections\"");
    }

    @Test
    void aPersonDisconnectsEverythingAndStaysSignedInHereOnly() {
        var user = newUser("nina");
        var browser = connectedAs(user);
        site.provider.visitor("second", "Second Person");
        browser.submit(browser.open(connections() + "/connect/demo"), "/connections/connect/demo", Map.of());
        site.provider.visitor("octocat", "A. Person");
        site.signIn().next(user, "nina");
        new PersonsBrowser().open(connections());
        var sessions = "SELECT username FROM session WHERE subject = '" + user + "'";
        assertThat(site.vault.texts(sessions)).hasSize(2);
        var _ = browser.post(
                browser.open(connections() + "/connect/demo"), "/connections/connect/demo", Map.of(), Map.of());
        assertThat(browser.open(connections()).html()).contains("href=\"/connections/disconnect\"");

        var sure = browser.open(connections() + "/disconnect");
        assertThat(sure.title()).isEqualTo("Disconnect everything?");
        assertThat(sure.html()).contains("Demo: A. Person", "Demo: Second Person");
        assertThat(site.status(user)).isEqualTo("consent_required");
        var gone = browser.submit(sure, "/connections/disconnect", Map.of());

        assertThat(gone.title()).isEqualTo("Everything is disconnected");
        assertThat(site.status(user)).isEqualTo("not_connected");
        assertThat(site.vault.texts("SELECT record FROM sealed_secret WHERE owner = '" + user + "'"))
                .isEmpty();
        assertThat(site.vault.texts("SELECT provider FROM connect_request WHERE owner = '" + user + "'"))
                .isEmpty();
        assertThat(site.vault.texts(sessions)).hasSize(1);
        assertThat(browser.open(connections()).html()).contains("No account is connected.");
        assertThat(browser.open(connections() + "/disconnect").at())
                .as("there is nothing to ask about")
                .isEqualTo(URI.create(connections()));
    }

    @Test
    void aProviderThatDoesNotConfirmIsNamed() {
        var user = newUser("otto");
        var browser = connectedAs(user);
        site.provider.failRevocations(true);
        try {
            var gone = browser.submit(browser.open(connections() + "/disconnect"), "/connections/disconnect", Map.of());
            assertThat(gone.title()).isEqualTo("Everything is disconnected here");
            assertThat(gone.html()).contains("did not confirm that they are ended there too: Demo.");
        } finally {
            site.provider.failRevocations(false);
        }
        assertThat(site.status(user)).isEqualTo("not_connected");
    }

    @Test
    void aFormOfAnotherSiteDisconnectsNothing() {
        var user = newUser("pia");
        var browser = connectedAs(user);
        var sure = browser.open(connections() + "/disconnect");

        assertThat(browser.post(sure, "/connections/disconnect", Map.of("csrf", "another"), Map.of())
                        .status())
                .isEqualTo(403);
        assertThat(browser.post(
                                sure,
                                "/connections/disconnect",
                                Map.of(),
                                Map.of("Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"))
                        .status())
                .isEqualTo(403);
        assertThat(site.status(user)).isEqualTo("consent_required");
    }

    @Test
    void anotherPersonsConnectionIsAsNone() {
        newUser("zoe");
        var id = connection(connectedAs("zoe").open(connections()));
        newUser("mallory");
        var mallory = new PersonsBrowser();
        mallory.open(connections());
        assertThat(mallory.open(connections() + "/accounts/" + id + "/disconnect")
                        .status())
                .isEqualTo(404);
        assertThat(mallory.open(connections() + "/connect/demo?connection=" + id)
                        .status())
                .isEqualTo(404);
    }

    private String connections() {
        return site.url() + "/connections";
    }

    /// Whoever opens a page from now on without being signed in is that person.
    @CanIgnoreReturnValue
    private String newUser(String username) {
        var subject = "user-" + UUID.randomUUID();
        site.signIn().next(subject, username);
        return subject;
    }

    /// A browser of whoever is next, with an account connected.
    @CanIgnoreReturnValue
    private PersonsBrowser connectedAs(String user) {
        var browser = new PersonsBrowser();
        var page = browser.submit(browser.open(connections() + "/connect/demo"), "/connections/connect/demo", Map.of());
        assertThat(page.at()).as(user + ": " + page.html()).isEqualTo(URI.create(connections()));
        return browser;
    }

    /// Goes to the provider, agrees there, and stops before the answer is shown to the vault.
    private static URI toTheCallback(PersonsBrowser browser, Page asked) {
        var atProvider = browser.post(asked, "/connections/connect/demo", Map.of(), Map.of());
        assertThat(atProvider.status()).as(atProvider.html()).isEqualTo(303);
        var agreed = browser.step(
                URI.create(atProvider.headers().firstValue("Location").orElseThrow()));
        return URI.create(agreed.headers().firstValue("Location").orElseThrow());
    }

    /// The id of the first connection on the page.
    private static String connection(Page page) {
        var matcher = java.util.regex.Pattern.compile("/connections/accounts/([0-9a-f-]{36})/")
                .matcher(page.html());
        assertThat(matcher.find()).as(page.html()).isTrue();
        return matcher.group(1);
    }
}
