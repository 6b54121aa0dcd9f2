// npm oauth4webapi: learns from the vault which server a provider is, registers itself there, changes and deletes itself
// (RFC 7592), and goes through the code flow in between.
import * as oauth from "oauth4webapi";
import { check, decide } from "./browser.mjs";

const redirect_uri = "http://127.0.0.1:9/callback";
const insecure = { [oauth.allowInsecureRequests]: true }; // for http on this machine

const json = async (response, status) => {
  const text = await response.text();
  if (response.status !== status) {
    throw new Error(`${response.status} of ${response.url}: ${text.slice(0, 300)}`);
  }
  return text ? JSON.parse(text) : null;
};

const provider = await json(
  await fetch(process.env.PROVIDER, { headers: { authorization: `Bearer ${process.env.OPERATOR_TOKEN}` } }),
  200,
);
const issuer = new URL(provider.effective.issuer);
const as = await oauth.processDiscoveryResponse(
  issuer,
  await oauth.discoveryRequest(issuer, { algorithm: "oauth2", ...insecure }),
);
check(as.token_endpoint === provider.effective.token.url, "discovered the same as the vault");

const registered = await oauth.processDynamicClientRegistrationResponse(
  await oauth.dynamicClientRegistrationRequest(
    as,
    {
      client_name: "oauth4webapi",
      redirect_uris: [redirect_uri],
      token_endpoint_auth_method: "client_secret_basic",
      grant_types: ["authorization_code", "refresh_token"],
    },
    insecure,
  ),
);
check(registered.client_secret && registered.registration_client_uri, "registered, with the means to manage itself");

const manage = (method, body, token = registered.registration_access_token) =>
  fetch(registered.registration_client_uri, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: body && JSON.stringify(body),
  });
const client = await json(
  await manage("PUT", {
    client_id: registered.client_id,
    client_name: "oauth4webapi, renamed",
    redirect_uris: [redirect_uri],
    grant_types: ["authorization_code", "refresh_token"],
    token_endpoint_auth_method: "client_secret_basic",
  }),
  200,
);
check(client.client_name === "oauth4webapi, renamed", "changed itself");
const secret = client.client_secret ?? registered.client_secret;
const token = client.registration_access_token ?? registered.registration_access_token;
const shown = await json(await manage("GET", null, token), 200);
check(shown.client_name === client.client_name, "read itself");

const verifier = oauth.generateRandomCodeVerifier();
const state = oauth.generateRandomState();
const url = new URL(as.authorization_endpoint);
for (const [name, value] of Object.entries({
  client_id: client.client_id,
  redirect_uri,
  response_type: "code",
  scope: "openid profile",
  code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
  state,
})) {
  url.searchParams.set(name, value);
}
const parameters = oauth.validateAuthResponse(as, client, await decide(url), state);
const authentication = oauth.ClientSecretBasic(secret);
const tokens = await oauth.processAuthorizationCodeResponse(
  as,
  client,
  await oauth.authorizationCodeGrantRequest(as, client, authentication, parameters, redirect_uri, verifier, insecure),
);
check(oauth.getValidatedIdTokenClaims(tokens).sub, "code flow, with an ID token");
const fresh = await oauth.processRefreshTokenResponse(
  as,
  client,
  await oauth.refreshTokenGrantRequest(as, client, authentication, tokens.refresh_token, insecure),
);
check(fresh.access_token !== tokens.access_token, "refresh");

await json(await manage("DELETE", null, token), 204);
const gone = await oauth.refreshTokenGrantRequest(as, client, authentication, fresh.refresh_token, insecure);
check(gone.status === 401, "deleted, and what it had is gone");
