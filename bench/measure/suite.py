#!/usr/bin/env python3
"""What the suite costs, measured through its public surface: start, memory, first-seen verdicts, registry writes, and
the time from an acknowledged change to its enforcement. Needs openssl.
"""
import argparse, concurrent.futures, http.server, json, os, shutil, statistics, tempfile, threading, time
from common import *

ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
ap.add_argument("--changes", type=int, default=1000, help="changes whose enforcement is timed")
ap.add_argument("--tokens", type=int, default=2000, help="first-seen tokens of each algorithm")
ap.add_argument("--warm", type=int, default=20, help="CPU seconds that the validator uses before it is measured")
ap.add_argument("--only", default="start,verdicts,writes,enforce,each")
args = ap.parse_args()
only = args.only.split(",")
folder = tempfile.mkdtemp(prefix="behalf-bench-")
HOST = "agents.bench.example"


class Upstream(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one write: else the second waits for an acknowledgement
    disable_nagle_algorithm = True
    keys = {}

    def do_GET(self):
        body = json.dumps(self.keys[self.path]) if self.path in self.keys else str(self.headers["X-End-User-ID"])
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_):
        pass


upstream = http.server.ThreadingHTTPServer((LOOPBACK, 0), Upstream)
threading.Thread(target=upstream.serve_forever, daemon=True).start()
upstream_port = upstream.server_address[1]
routes = os.path.join(folder, "routes.yaml")
with open(routes, "w") as f:
    f.write(f"routes:\n  - host: '*.bench.example'\n    upstream: http://127.0.0.1:{upstream_port}\n    access: user\n")


def provider(issuer, host=HOST, name="bench", audience=None):
    return {"name": name, "spec": {"host": host, "userIDClaim": "email", "identityProvider": {
        "issuer": issuer.issuer, "jwksUri": f"http://127.0.0.1:{upstream_port}/{issuer.algorithm}.json",
        "audiences": [audience or issuer.audience]}}}


def started(**how):
    stack = Stack(folder, routes=routes, allow=[f"127.0.0.1:{upstream_port}"], **how)
    stack.wait_ready()
    return stack


if "start" in only:
    for start in ("first start", "second start"):
        stack = started(processes=False)
        used = stack.cpu_seconds()
        print(f"{start}: ready after {stack.ready_after:.1f} s, {used:.1f} s of CPU; memory of the whole stack at rest "
              f"{stack.memory_mib():.0f} MiB", flush=True)
        stack.stop()

if "each" in only:
    stack = started()
    time.sleep(5)
    for name, pid in stack.pids().items():
        print(f"{name}: {cpu_seconds(pid):.1f} s of CPU since its start, {memory_mib(pid):.0f} MiB at rest", flush=True)
    stack.stop()

if {"verdicts", "writes", "enforce"} & set(only):
    stack = started()
    client = Client(stack.port)
    operator = {"Authorization": "Bearer " + stack.cli("token")}
    pids = stack.pids()

    def put(body, connection=client):
        status, answer = connection.call("POST", "/api/identity-providers", body, operator)
        if status != 201:
            raise SystemExit(f"{status} {answer}")

    def ask(token, host=HOST, connection=client):
        return connection.call("GET", "/echo", headers={"Host": host, "Authorization": "Bearer " + token})[0]

    def warm(token):
        """Compiles the path of a first-seen token: each of these is one, and its signature is checked, in vain."""
        letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        until, head, number = cpu_seconds(pids["jwt-validator"]) + args.warm, token[:-24], 0
        while cpu_seconds(pids["jwt-validator"]) < until:
            for _ in range(200):
                number += 1
                forged = "".join(letters[number >> shift & 63] for shift in (0, 6, 12))
                if ask(head + forged + token[-21:]) != 401:
                    raise SystemExit("a forged token was accepted")

    if "verdicts" in only:
        for algorithm in ("RS256", "ES256"):
            issuer = Issuer(folder, algorithm, issuer=f"https://{algorithm.lower()}.bench.example")
            Upstream.keys[f"/{algorithm}.json"] = issuer.jwks
            put(provider(issuer, name=algorithm))
            tokens = [issuer.token(f"user{i}@example.com") for i in range(args.tokens)]
            wait_for(lambda: ask(issuer.token("first@example.com")) == 200, "the first good answer", 20)
            warm(tokens[0])
            before = {name: cpu_seconds(pids[name]) for name in ("jwt-validator", "api-gateway")}
            times = []
            for token in tokens:
                at = time.perf_counter()
                if ask(token) != 200:
                    raise SystemExit("a good token was refused")
                times.append((time.perf_counter() - at) * 1e6)
            used = {name: (cpu_seconds(pids[name]) - before[name]) * 1e6 / args.tokens for name in before}
            print(f"first-seen {algorithm}: validator {used['jwt-validator']:.0f} and gateway {used['api-gateway']:.0f} CPU µs a "
                  f"token; latency p50 {percentile(times, 50):.0f} µs, p99 {percentile(times, 99):.0f} µs", flush=True)

    rsa = Issuer(folder)
    Upstream.keys["/RS256.json"] = rsa.jwks
    if "writes" in only:
        def writer(number):
            connection, done, end = Client(stack.port), 0, time.time() + 10
            while time.time() < end:
                put(provider(rsa, host=f"w{number}.bench.example", name=f"w{number}", audience=f"a{done}"), connection)
                done += 1
            return done
        for writers in (1, 16):
            with concurrent.futures.ThreadPoolExecutor(writers) as pool:
                total = sum(pool.map(writer, range(writers)))
            print(f"registry writes by {writers} clients through the gateway: {total / 10:.0f} a second", flush=True)

    if "enforce" in only:
        token = rsa.token("ann@example.com")
        host, times = "enforce.bench.example", []
        good, other = provider(rsa, host, "enforce"), provider(rsa, host, "enforce", "another")
        put(good)
        wait_for(lambda: ask(token, host) == 200, "the first good answer", 20)
        for change in range(args.changes):
            body, wanted = (other, 401) if change % 2 == 0 else (good, 200)
            put(body)
            at = time.perf_counter()
            while ask(token, host) != wanted:
                if time.perf_counter() - at > 20:
                    raise SystemExit("a change was not enforced within 20 s")
            times.append((time.perf_counter() - at) * 1e3)
        print(f"acknowledged to enforced, {args.changes} changes: p50 {percentile(times, 50):.1f} ms, "
              f"p99 {percentile(times, 99):.1f} ms, most {max(times):.1f} ms", flush=True)
    stack.stop()
shutil.rmtree(folder, ignore_errors=True)
