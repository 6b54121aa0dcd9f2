// npm openid-client: discovery, dynamic registration, code flow with PKCE and ID token, pushed requests, refresh,
// userinfo, introspection, revocation.
import * as client from "openid-client";
import { check, decide } from "./browser.mjs";

const issuer = new URL(process.env.ISSUER);
const redirect_uri = "http://127.0.0.1:9/callback";
const insecure = { execute: [client.allowInsecureRequests] }; // for http on this machine

const config = await client.dynamicClientRegistration(
  issuer,
  { client_name: "openid-client", redirect_uris: [redirect_uri], grant_types: ["authorization_code", "refresh_token"] },
  client.ClientSecretBasic(),
  insecure,
);
check(config.serverMetadata().issuer === issuer.href.replace(/\/$/, ""), "discovered the issuer, and registered");

async function flow(start) {
  const pkceCodeVerifier = client.randomPKCECodeVerifier();
  const parameters = {
    redirect_uri,
    scope: "openid profile email read",
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: "S256",
    state: client.randomState(),
    nonce: client.randomNonce(),
  };
  const callback = await decide(await start(config, parameters));
  return client.authorizationCodeGrant(config, callback, {
    pkceCodeVerifier,
    expectedState: parameters.state,
    expectedNonce: parameters.nonce,
    idTokenExpected: true,
  });
}

const tokens = await flow(client.buildAuthorizationUrl);
check(tokens.claims().sub, "code flow with PKCE, iss, state, nonce and ID token");
const pushed = await flow(client.buildAuthorizationUrlWithPAR);
check(pushed.access_token, "the same with a pushed request");
const user = await client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub);
check(user.preferred_username === process.env.PERSON, "userinfo");
const fresh = await client.refreshTokenGrant(config, tokens.refresh_token);
check(fresh.refresh_token !== tokens.refresh_token, "refresh, rotated");
check((await client.tokenIntrospection(config, fresh.access_token)).active, "introspection");
await client.tokenRevocation(config, fresh.refresh_token);
check(!(await client.tokenIntrospection(config, fresh.access_token)).active, "revocation, with the access token");
