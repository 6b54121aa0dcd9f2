// npm @modelcontextprotocol/sdk: its OAuth client finds its way from a 401 of a protected MCP server to a tool call.
import { createServer } from "node:http";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { UnauthorizedError } from "@modelcontextprotocol/sdk/client/auth.js";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { createRemoteJWKSet, jwtVerify } from "jose";
import { check, decide } from "./browser.mjs";

const issuer = process.env.ISSUER;
const port = Number(process.env.RESOURCE_PORT);
const resource = `http://127.0.0.1:${port}/mcp`;
const metadata = `http://127.0.0.1:${port}/.well-known/oauth-protected-resource/mcp`;
const keys = createRemoteJWKSet(new URL(`${issuer}/jwks`));

const server = createServer(async (request, response) => {
  if (request.url === "/.well-known/oauth-protected-resource/mcp") {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ resource, authorization_servers: [issuer], scopes_supported: ["read"] }));
    return;
  }
  let user;
  try {
    const token = (request.headers.authorization ?? "").replace(/^Bearer /, "");
    const { payload } = await jwtVerify(token, keys, { issuer, audience: resource, typ: "at+jwt" });
    user = payload.username;
  } catch {
    response.statusCode = 401;
    response.setHeader("www-authenticate", `Bearer resource_metadata="${metadata}", scope="read"`);
    response.end();
    return;
  }
  const mcp = new McpServer({ name: "demo", version: "1.0.0" });
  mcp.registerTool("whoami", { description: "Tells whom the agent acts for" }, async () => ({
    content: [{ type: "text", text: user }],
  }));
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined });
  await mcp.connect(transport);
  await transport.handleRequest(request, response);
});
await new Promise((ready) => server.listen(port, "127.0.0.1", ready));

const kept = {};
let callback;
const provider = {
  redirectUrl: "http://127.0.0.1:9/callback",
  clientMetadata: {
    client_name: "MCP client",
    redirect_uris: ["http://127.0.0.1:9/callback"],
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    token_endpoint_auth_method: "none",
  },
  clientInformation: () => kept.client,
  saveClientInformation: (client) => (kept.client = client),
  tokens: () => kept.tokens,
  saveTokens: (tokens) => (kept.tokens = tokens),
  codeVerifier: () => kept.verifier,
  saveCodeVerifier: (verifier) => (kept.verifier = verifier),
  redirectToAuthorization: async (url) => (callback = await decide(url)),
};

let transport = new StreamableHTTPClientTransport(new URL(resource), { authProvider: provider });
const client = new Client({ name: "agent", version: "1.0.0" });
try {
  await client.connect(transport);
  check(false, "the resource is protected");
} catch (error) {
  check(error instanceof UnauthorizedError, "the resource is protected, and led to the authorization server");
}
check(kept.client.client_id, "registered by itself");
await transport.finishAuth(callback.searchParams.get("code"));
check(kept.tokens.refresh_token, "linked, with a refresh token that it did not ask for");
transport = new StreamableHTTPClientTransport(new URL(resource), { authProvider: provider });
await client.connect(transport);
const answer = await client.callTool({ name: "whoami", arguments: {} });
check(answer.content[0].text === process.env.PERSON, "called a tool, which knows the person");

kept.tokens = { ...kept.tokens, access_token: "expired" };
const before = kept.tokens.refresh_token;
const again = new Client({ name: "agent", version: "1.0.0" });
await again.connect(new StreamableHTTPClientTransport(new URL(resource), { authProvider: provider }));
check(kept.tokens.refresh_token !== before, "refreshed by itself");
await again.close();
await client.close();
server.closeAllConnections();
server.close();
