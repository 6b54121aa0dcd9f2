// npm oauth4webapi: a public client that checks everything which the specifications let a client check.
import * as oauth from "oauth4webapi";
import { check, decide } from "./browser.mjs";

const issuer = new URL(process.env.ISSUER);
const redirect_uri = "http://127.0.0.1:9/callback";
const insecure = { [oauth.allowInsecureRequests]: true }; // for http on this machine

const as = await oauth.processDiscoveryResponse(
  issuer,
  await oauth.discoveryRequest(issuer, { algorithm: "oauth2", ...insecure }),
);
check(as.code_challenge_methods_supported.includes("S256"), "discovered by RFC 8414");
const client = await oauth.processDynamicClientRegistrationResponse(
  await oauth.dynamicClientRegistrationRequest(
    as,
    {
      client_name: "oauth4webapi",
      redirect_uris: [redirect_uri],
      token_endpoint_auth_method: "none",
      grant_types: ["authorization_code", "refresh_token"],
    },
    insecure,
  ),
);
check(client.client_id, "registered as a public client");

const verifier = oauth.generateRandomCodeVerifier();
const state = oauth.generateRandomState();
const url = new URL(as.authorization_endpoint);
for (const [name, value] of Object.entries({
  client_id: client.client_id,
  redirect_uri,
  response_type: "code",
  scope: "read",
  resource: process.env.ISSUER,
  code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
  state,
})) {
  url.searchParams.set(name, value);
}
const parameters = oauth.validateAuthResponse(as, client, await decide(url), state);
const tokens = await oauth.processAuthorizationCodeResponse(
  as,
  client,
  await oauth.authorizationCodeGrantRequest(
    as,
    client,
    oauth.None(),
    parameters,
    redirect_uri,
    verifier,
    { additionalParameters: { resource: process.env.ISSUER }, ...insecure },
  ),
);
check(tokens.scope === "read", "code flow with iss (RFC 9207) and resource (RFC 8707)");
const claims = await oauth.validateJwtAccessToken(
  as,
  new Request(process.env.ISSUER, { headers: { authorization: `Bearer ${tokens.access_token}` } }),
  process.env.ISSUER,
  { ...insecure },
);
check(claims.act.sub === client.client_id, "the access token is one of RFC 9068, with act");
const fresh = await oauth.processRefreshTokenResponse(
  as,
  client,
  await oauth.refreshTokenGrantRequest(as, client, oauth.None(), tokens.refresh_token, insecure),
);
check(fresh.refresh_token !== tokens.refresh_token, "refresh, rotated");
try {
  oauth.validateAuthResponse(as, client, await decide(url, "deny"), state);
  check(false, "a denial is an error");
} catch (error) {
  check(error.error === "access_denied", "a denial is an error that names its issuer");
}
await oauth.processRevocationResponse(
  await oauth.revocationRequest(as, client, oauth.None(), fresh.refresh_token, insecure),
);
check(true, "revocation");
