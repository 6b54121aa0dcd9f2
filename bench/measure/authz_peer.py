#!/usr/bin/env python3
"""Starts authz-server alone for a benchmark, with a client and a person who has allowed it everything that is asked.

Takes PORT, DB_HOST, DB_PORT, DB_NAME, DB_USER and DB_PASSWORD from the environment, as a comparison of authorization
servers gives them. The client is `bench` (secret: SECRET below), the person `alice` with the password `alice-password`.
ID_TOKENS is what ID tokens are signed with, ES256 when it is not set; JAVA_OPTS are options of the virtual machine. What
is measured is the second start: the first makes the tables and the start-up cache, as that of other servers does.
"""
import base64, glob, hashlib, html, http.client, json, os, re, shlex, signal, socket, subprocess, sys, tempfile, time, urllib.parse

SECRET = "bench-secret-that-is-long-enough-for-it"
PORT = int(os.environ["PORT"])
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    FIRST_PORT = free.getsockname()[1]  # of the first start, which nobody shall take for the second
ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
ISSUER = f"http://127.0.0.1:{PORT}"
REDIRECT = "http://127.0.0.1:9/cb"

folder = tempfile.mkdtemp(prefix="authz-bench-")
clients = os.path.join(folder, "clients.yaml")
with open(clients, "w") as file:
    json.dump([{
        "client_id": "bench",
        "client_name": "Bench",
        "redirect_uris": [REDIRECT],
        "grant_types": ["authorization_code", "refresh_token", "client_credentials"],
        "client_secret": SECRET,
        "resources": {"https://api.example": ["read"]},
        "id_token_signed_response_alg": os.environ.get("ID_TOKENS", "ES256"),
    }], file)

target = os.path.join(ROOT, "authz-server", "target")
jar = next(os.path.join(target, name) for name in os.listdir(target) if re.fullmatch(r"authz-server-[0-9.]+\.jar", name))
java = os.path.join(os.environ["JAVA_HOME"], "bin", "java")
settings = {
    "micronaut.server.host": "127.0.0.1",
    "micronaut.server.port": PORT,
    "endpoints.all.port": -1,
    "behalf.oauth.issuer": ISSUER,
    "behalf.oauth.server": ISSUER,
    "behalf.database.host": os.environ["DB_HOST"],
    "behalf.database.port": os.environ["DB_PORT"],
    "behalf.database.name": os.environ["DB_NAME"],
    "behalf.database.user": os.environ["DB_USER"],
    "behalf.database.password": os.environ.get("DB_PASSWORD") or "none",
    "behalf.authz.client-file": clients,
    "behalf.authz.clients.operator.secret": SECRET,
    "behalf.authz.clients.api-gateway.secret": SECRET,
    "behalf.authz.keys.encryption-key": "a-key-encryption-key-of-a-benchmark-0123456789",
}
cache = os.path.join(folder, "start.aot")
command = [
    java, *shlex.split(os.environ.get("JAVA_OPTS", "-Xmx80m -XX:MaxDirectMemorySize=32m -XX:ReservedCodeCacheSize=40m "
                                      "-Xss512k -XX:+UseSerialGC -XX:+UseCompactObjectHeaders")),
    "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow",
    *[f"-D{name}={value}" for name, value in settings.items()],
    "-cp", os.pathsep.join([jar, *sorted(glob.glob(os.path.join(target, "lib", "*.jar")))])]
main = "dev.behalf.authz.AuthzServer"


def call(method, path, body=None, headers=None, cookies=None):
    connection = http.client.HTTPConnection("127.0.0.1", FIRST_PORT, timeout=30)
    headers = dict(headers or {})
    if cookies:
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
    connection.request(method, path, body, headers)
    reply = connection.getresponse()
    text = reply.read().decode()
    for line in reply.headers.get_all("Set-Cookie") or []:
        name, value = line.split(";")[0].split("=", 1)
        if cookies is not None:
            cookies[name] = value
    return reply.status, reply.headers, text


def form(path, fields, headers=None, cookies=None):
    headers = {"Content-Type": "application/x-www-form-urlencoded", **(headers or {})}
    return call("POST", path, urllib.parse.urlencode(fields, doseq=True), headers, cookies)


def token(client, **fields):
    basic = base64.b64encode(f"{client}:{SECRET}".encode()).decode()
    status, _, text = form("/oauth/token", {"grant_type": "client_credentials", **fields}, {"Authorization": "Basic " + basic})
    assert status == 200, text
    return json.loads(text)["access_token"]


def submit(page, fields, cookies):
    action = html.unescape(re.search(r'<form method="post" action="([^"]*)"', page)[1])
    csrf = html.unescape(re.search(r'name="csrf" value="([^"]*)"', page)[1])
    status, headers, text = form(action, {"csrf": csrf, **fields}, cookies=cookies)
    assert status == 303, text
    return headers["Location"]


def prepare():
    """The first start: makes the tables, the client and the person, and the start-up cache, as an image is built with one."""
    server = subprocess.Popen([*command, f"-Dmicronaut.server.port={FIRST_PORT}", f"-XX:AOTCacheOutput={cache}", main])
    for _ in range(600):
        try:
            if call("GET", "/jwks")[0] == 200:
                break
        except OSError:
            pass
        if server.poll() is not None:
            raise RuntimeError("authz-server ended")
        time.sleep(0.1)
    exchange = json.dumps({"credential": token("operator"), "audience": "urn:behalf:authz-server"})
    bearer = {"Authorization": "Bearer " + token("api-gateway", resource="urn:behalf:authz-server"), "Content-Type": "application/json"}
    operator = json.loads(call("POST", "/internal/credentials", exchange, bearer)[2])["access_token"]
    status, _, text = call(
        "POST", "/api/v1/users", json.dumps({"username": "alice", "password": "alice-password"}),
        {"Authorization": "Bearer " + operator, "Content-Type": "application/json"})
    assert status in (201, 409), text
    cookies = {}
    challenge = base64.urlsafe_b64encode(hashlib.sha256(b"a" * 43).digest()).decode().rstrip("=")
    path = "/oauth/authorize?" + urllib.parse.urlencode({
        "response_type": "code", "client_id": "bench", "redirect_uri": REDIRECT, "scope": "openid email read",
        "code_challenge": challenge, "code_challenge_method": "S256"})
    page = call("GET", call("GET", path, cookies=cookies)[1]["Location"], cookies=cookies)[2]
    back = submit(page, {"username": "alice", "password": "alice-password"}, cookies)
    page = call("GET", back, cookies=cookies)[2]
    submit(page, {"decision": "allow", "scope": ["openid", "email", "read"]}, cookies)
    server.send_signal(signal.SIGTERM)
    server.wait()


# In a process that is not of our tree, since a comparison counts the CPU of that; then we become the server.
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        try:
            prepare()
        finally:
            open(os.path.join(folder, "prepared"), "w").close()
            os._exit(0)
    os._exit(0)
os.wait()
while not os.path.exists(os.path.join(folder, "prepared")):
    time.sleep(0.1)
os.environ.setdefault("MALLOC_ARENA_MAX", "2")  # each thread would have one of its own
os.execv(java, [*command, f"-XX:AOTCache={cache}", main])
