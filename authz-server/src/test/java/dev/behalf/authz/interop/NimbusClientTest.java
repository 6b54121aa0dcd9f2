package dev.behalf.authz.interop;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.oauth2.sdk.AuthorizationCode;
import com.nimbusds.oauth2.sdk.AuthorizationCodeGrant;
import com.nimbusds.oauth2.sdk.AuthorizationResponse;
import com.nimbusds.oauth2.sdk.GrantType;
import com.nimbusds.oauth2.sdk.RefreshTokenGrant;
import com.nimbusds.oauth2.sdk.ResponseType;
import com.nimbusds.oauth2.sdk.Scope;
import com.nimbusds.oauth2.sdk.TokenIntrospectionRequest;
import com.nimbusds.oauth2.sdk.TokenIntrospectionResponse;
import com.nimbusds.oauth2.sdk.TokenRequest;
import com.nimbusds.oauth2.sdk.auth.ClientSecretBasic;
import com.nimbusds.oauth2.sdk.id.Issuer;
import com.nimbusds.oauth2.sdk.id.State;
import com.nimbusds.oauth2.sdk.pkce.CodeChallengeMethod;
import com.nimbusds.oauth2.sdk.pkce.CodeVerifier;
import com.nimbusds.openid.connect.sdk.AuthenticationRequest;
import com.nimbusds.openid.connect.sdk.Nonce;
import com.nimbusds.openid.connect.sdk.OIDCTokenResponse;
import com.nimbusds.openid.connect.sdk.OIDCTokenResponseParser;
import com.nimbusds.openid.connect.sdk.UserInfoRequest;
import com.nimbusds.openid.connect.sdk.UserInfoResponse;
import com.nimbusds.openid.connect.sdk.op.OIDCProviderMetadata;
import com.nimbusds.openid.connect.sdk.rp.OIDCClientInformationResponse;
import com.nimbusds.openid.connect.sdk.rp.OIDCClientMetadata;
import com.nimbusds.openid.connect.sdk.rp.OIDCClientRegistrationRequest;
import com.nimbusds.openid.connect.sdk.rp.OIDCClientRegistrationResponseParser;
import com.nimbusds.openid.connect.sdk.validators.IDTokenValidator;
import dev.behalf.authz.Agent;
import dev.behalf.authz.Person;
import dev.behalf.authz.RunningAuthzServer;
import dev.behalf.embedded.Ports;
import dev.behalf.testkit.TestPostgres;
import java.net.URI;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// Nimbus' OAuth and OpenID Connect SDK, unchanged: registration, code flow with PKCE, ID token, refresh,
/// userinfo, introspection.
class NimbusClientTest {

    private static final String ALICE = "alice@example.com";

    @Test
    void worksAsItIs() throws Exception {
        int port = Ports.free();
        var issuer = "http://127.0.0.1:" + port;
        try (var server = RunningAuthzServer.start(
                TestPostgres.shared().newDatabase(),
                Map.of("micronaut.server.port", port, "behalf.oauth.issuer", issuer))) {
            Person.account(server, ALICE);
            var person = new Person(server).signedIn(ALICE);
            var metadata = OIDCProviderMetadata.resolve(new Issuer(issuer));

            var about = new OIDCClientMetadata();
            about.setName("Nimbus");
            about.setRedirectionURI(URI.create(Agent.REDIRECT));
            about.setGrantTypes(Set.of(GrantType.AUTHORIZATION_CODE, GrantType.REFRESH_TOKEN));
            var registered = (OIDCClientInformationResponse) OIDCClientRegistrationResponseParser.parse(
                    new OIDCClientRegistrationRequest(metadata.getRegistrationEndpointURI(), about, null)
                            .toHTTPRequest()
                            .send());
            var client = registered.getOIDCClientInformation();
            var proof = new ClientSecretBasic(client.getID(), client.getSecret());

            var verifier = new CodeVerifier();
            var state = new State();
            var nonce = new Nonce();
            var request = new AuthenticationRequest.Builder(
                            ResponseType.CODE,
                            new Scope("openid", "profile", "read"),
                            client.getID(),
                            URI.create(Agent.REDIRECT))
                    .endpointURI(metadata.getAuthorizationEndpointURI())
                    .state(state)
                    .nonce(nonce)
                    .codeChallenge(verifier, CodeChallengeMethod.S256)
                    .build();
            var callback = Person.location(
                    person.allow(person.get(request.toURI().toString().substring(issuer.length()))));
            var answer = AuthorizationResponse.parse(URI.create(callback));
            assertThat(answer.indicatesSuccess()).isTrue();
            assertThat(answer.getIssuer()).isEqualTo(new Issuer(issuer));
            assertThat(answer.getState()).isEqualTo(state);
            AuthorizationCode code = answer.toSuccessResponse().getAuthorizationCode();

            var tokens = ((OIDCTokenResponse) OIDCTokenResponseParser.parse(new TokenRequest.Builder(
                                    metadata.getTokenEndpointURI(),
                                    proof,
                                    new AuthorizationCodeGrant(code, URI.create(Agent.REDIRECT), verifier))
                            .build()
                            .toHTTPRequest()
                            .send()))
                    .getOIDCTokens();
            var claims = new IDTokenValidator(
                            new Issuer(issuer),
                            client.getID(),
                            JWSAlgorithm.RS256,
                            metadata.getJWKSetURI().toURL())
                    .validate(tokens.getIDToken(), nonce);
            var user = UserInfoResponse.parse(
                    new UserInfoRequest(metadata.getUserInfoEndpointURI(), tokens.getBearerAccessToken())
                            .toHTTPRequest()
                            .send());
            assertThat(user.toSuccessResponse().getUserInfo().getSubject()).isEqualTo(claims.getSubject());
            assertThat(user.toSuccessResponse().getUserInfo().getPreferredUsername())
                    .isEqualTo(ALICE);

            var fresh = ((OIDCTokenResponse) OIDCTokenResponseParser.parse(new TokenRequest.Builder(
                                    metadata.getTokenEndpointURI(),
                                    proof,
                                    new RefreshTokenGrant(tokens.getRefreshToken()))
                            .build()
                            .toHTTPRequest()
                            .send()))
                    .getOIDCTokens();
            assertThat(fresh.getRefreshToken()).isNotEqualTo(tokens.getRefreshToken());
            var known = TokenIntrospectionResponse.parse(
                    new TokenIntrospectionRequest(metadata.getIntrospectionEndpointURI(), proof, fresh.getAccessToken())
                            .toHTTPRequest()
                            .send());
            assertThat(known.toSuccessResponse().isActive()).isTrue();
        }
    }
}
