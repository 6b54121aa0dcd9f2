#!/usr/bin/env bash
# Starts the stack of docker-compose.yml with a demo identity provider and a demo agent, and does the main job once over
# HTTP: registers the provider, signs a token as the provider would, calls the agent with it, and shows what arrived.
# Needs docker compose, curl and openssl, the jars (mvn -DskipTests package) and the secrets (deploy/make-secrets.sh).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

url=${BEHALF_PUBLIC_URL:-http://localhost:8080}
host=portal.agents.example.com # deploy/routes.yaml sends it to the demo agent
issuer=http://demo-idp:8000
demo=deploy/demo
export BEHALF_OUTBOUND_ALLOW=demo-idp:8000 # a private address and plain http: only because it is listed here

fail() { printf 'try: %s\n' "$*" >&2; exit 1; }
base64url() { base64 | tr -d '=\n' | tr '+/' '-_'; }
member() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; } # of a JSON object in one line

for command in docker curl openssl; do command -v $command >/dev/null || fail "$command is needed"; done
[ -d deploy/secrets ] || fail 'there are no secrets yet: deploy/make-secrets.sh'

# The identity provider is a key, and a folder that publishes it.
if [ ! -f $demo/key.pem ]; then
  mkdir -p $demo/idp $demo/agent
  (umask 077; openssl genrsa -out $demo/key.pem 2048 2>/dev/null)
  modulus=$(openssl rsa -in $demo/key.pem -noout -modulus | cut -d= -f2)
  n=$(printf "$(sed 's/../\\x&/g' <<< "$modulus")" | base64url)
  printf '{"keys":[{"kty":"RSA","use":"sig","alg":"RS256","kid":"demo","e":"AQAB","n":"%s"}]}' "$n" > $demo/idp/jwks.json
  echo 'the agent was here' > $demo/agent/index.html
fi

token() { # token USER: a JWT of the provider for that user
  local now head claims
  now=$(date +%s)
  head=$(printf '{"alg":"RS256","typ":"JWT","kid":"demo"}' | base64url)
  claims=$(printf '{"iss":"%s","sub":"%s","aud":"demo","email":"%s@example.com","email_verified":true,"iat":%d,"exp":%d}' \
    "$issuer" "$1" "$1" "$now" $((now + 600)) | base64url)
  printf '%s.%s.%s' "$head" "$claims" \
    "$(printf '%s.%s' "$head" "$claims" | openssl dgst -sha256 -sign $demo/key.pem -binary | base64url)"
}

echo 'Starting the stack ...'
docker compose --profile demo up --build --detach --wait --quiet-pull

echo '1. An operator gets an access token, and with it an API key:'
operator=$(curl -sS --fail -K - "$url/oauth/token" -d grant_type=client_credentials \
  <<< "user = \"operator:$(< deploy/secrets/client-operator)\"" | member access_token)
key=$(curl -sS --fail "$url/auth/api-keys" -H "Authorization: Bearer $operator" -H 'Content-Type: application/json' \
  -d '{"name":"try","expiresInDays":1}' | member token)
[ -n "$key" ] || fail 'there was no API key'
echo "   POST /auth/api-keys -> ${key%%_*}_..."

echo "2. For the host $host, trust the issuer $issuer and call users by \"email\":"
status=$(curl -sS -o /dev/null -w '%{http_code}' "$url/api/identity-providers" \
  -H "X-RunAgents-API-Key: $key" -H 'Content-Type: application/json' -d '{"name":"demo","spec":{"host":"'$host'",
    "identityProvider":{"issuer":"'$issuer'","jwksUri":"'$issuer'/jwks.json","audiences":["demo"]},
    "userIDClaim":"email","allowedDomains":["example.com"]}}')
echo "   POST /api/identity-providers -> $status"
[ "$status" = 201 ] || fail 'the provider was not registered'

echo '3. A client calls the agent with the token of alice, and lies about who she is:'
since=$(date -u +%Y-%m-%dT%H:%M:%SZ)
alice=$(token alice)
for _ in $(seq 100); do # the provider takes a moment to reach the gateway
  status=$(curl -sS -o /dev/null -w '%{http_code}' "$url/" -H "Host: $host" -H "Authorization: Bearer $alice" \
    -H 'X-End-User-ID: root')
  [ "$status" != 200 ] || break
  sleep 0.1
done
echo "   GET / X-End-User-ID: root -> $status"
[ "$status" = 200 ] || fail 'the agent did not answer'

echo '4. What the agent received:'
received=$(docker compose --profile demo logs --no-log-prefix --since "$since" demo-agent | grep '^>')
sed 's/^/   /' <<< "$received"
[ "$(grep -ci 'x.end.user.id' <<< "$received")" = 1 ] && grep -qi '^> x-end-user-id: alice@example\.com$' <<< "$received" \
  || fail 'that is not what the token says'

echo '5. Without a token:'
status=$(curl -sS -o /dev/null -w '%{http_code}' "$url/" -H "Host: $host" -H 'X-End-User-ID: root')
echo "   GET / -> $status"
[ "$status" = 401 ] || fail 'the agent must not be reached without a token'

echo
echo "It works. The stack stays up at $url; docker compose --profile demo down ends it."
