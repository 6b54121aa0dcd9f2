#!/usr/bin/env python3
"""CPU time per request of gateways that check an RS256 token and set X-End-User-ID, in interleaved rounds of one run.

Needs nginx, haproxy, wrk and openssl. nginx-plain forwards and checks nothing: it is the floor. HAProxy checks the
signature and the claims of every request. Behalf runs as people run it, one process a service; its gateway's process is
measured, and beside it the validator's, which should have nothing to do.
"""
import argparse, json, os, shutil, statistics, subprocess, sys, tempfile, time
from common import *

ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
ap.add_argument("--rounds", type=int, default=5)
ap.add_argument("--seconds", type=int, default=8)
ap.add_argument("--connections", type=int, default=64)
ap.add_argument("--warm", type=int, default=70, help="CPU seconds that the gateway's process uses before it is measured")
ap.add_argument("--out", help="also write the figures to this file as JSON")
args = ap.parse_args()

folder = tempfile.mkdtemp(prefix="behalf-bench-")
os.chmod(folder, 0o755)
HOST = "agents.bench.example"
issuer = Issuer(folder)
backend, plain, haproxy = free_port(), free_port(), free_port()
tokens = [issuer.token(f"user{i}@example.com") for i in range(1000)]


def write(name, text):
    path = os.path.join(folder, name)
    with open(path, "w") as f:
        f.write(text)
    return path


write("jwks.json", json.dumps(issuer.jwks))
write("tokens.txt", "\n".join(tokens))
nginx_conf = """daemon off; worker_processes 1; pid %(dir)s/%(name)s.pid; error_log stderr crit;
events { worker_connections 4096; }
http { access_log off; keepalive_requests 1000000000; keepalive_timeout 600;
  client_body_temp_path %(dir)s/b; proxy_temp_path %(dir)s/p; fastcgi_temp_path %(dir)s/f; uwsgi_temp_path %(dir)s/u; scgi_temp_path %(dir)s/s;
  %(body)s }"""
backend_conf = write("backend.conf", nginx_conf % dict(dir=folder, name="backend", body="""
  server { listen 127.0.0.1:%d backlog=4096;
    location = /jwks.json { root %s; default_type application/json; }
    location / { default_type text/plain; return 200 $http_x_end_user_id; } }""" % (backend, folder)))
plain_conf = write("plain.conf", nginx_conf % dict(dir=folder, name="plain", body="""
  upstream u { server 127.0.0.1:%d; keepalive 128; keepalive_requests 1000000000; }
  server { listen 127.0.0.1:%d backlog=4096;
    location / { proxy_pass http://u; proxy_http_version 1.1; proxy_set_header Connection ""; } }""" % (backend, plain)))
haproxy_conf = write("haproxy.cfg", """global
  nbthread 1
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend f
  bind 127.0.0.1:%d
  http-request set-var(txn.t) http_auth_bearer
  http-request deny deny_status 401 unless { var(txn.t),jwt_header_query('$.alg') -m str RS256 }
  http-request deny deny_status 401 unless { var(txn.t),jwt_verify("RS256","%s") -m int 1 }
  http-request deny deny_status 401 unless { var(txn.t),jwt_payload_query('$.iss') -m str "%s" }
  http-request deny deny_status 401 unless { var(txn.t),jwt_payload_query('$.aud') -m str "%s" }
  http-request set-var(txn.exp) var(txn.t),jwt_payload_query('$.exp','int')
  http-request set-var(txn.now) date()
  http-request deny deny_status 401 unless { var(txn.exp),sub(txn.now) -m int gt 0 }
  http-request set-header X-End-User-ID %%[var(txn.t),jwt_payload_query('$.email')]
  http-request del-header Authorization
  default_backend b
backend b
  http-reuse always
  server s 127.0.0.1:%d
""" % (haproxy, issuer.public, issuer.issuer, issuer.audience, backend))
routes = write("routes.yaml", f"routes:\n  - host: {HOST}\n    upstream: http://127.0.0.1:{backend}\n    access: user\n")
lua = write("tokens.lua", """
local tokens = {}
for line in io.lines("%s/tokens.txt") do tokens[#tokens + 1] = "Bearer " .. line end
local count, at = 1, 0
function init(args) count = tonumber(args[1]) end
function request()
  at = at %% count + 1
  return wrk.format("GET", "/echo", {["Host"] = "%s", ["Authorization"] = tokens[at]})
end
function done(summary, latency, requests)
  local e = summary.errors
  print(string.format("RESULT %%d %%d %%d %%d", summary.requests, e.status + e.connect + e.read + e.write + e.timeout,
    latency:percentile(50), latency:percentile(99)))
end""" % (folder, HOST))


def wrk(port, count, seconds):
    out = run(["wrk", "-t1", f"-c{args.connections}", f"-d{seconds}s", "-s", lua, f"http://127.0.0.1:{port}/", "--", str(count)]).decode()
    requests, errors, p50, p99 = map(int, re.search(r"^RESULT (.*)$", out, re.M).group(1).split())
    if errors:
        raise SystemExit(f"{errors} of {requests} requests failed at port {port}")
    return requests, p50, p99


def ask(port, token):
    headers = {"Host": HOST, "X-End-User-ID": "forged@example.com"}
    if token:
        headers["Authorization"] = "Bearer " + token
    return Client(port).call("GET", "/echo", headers=headers)


processes, stack = [], None
try:
    processes.append(Process(["nginx", "-p", folder, "-c", backend_conf]))
    wait_for(lambda: port_open(backend), "the start of the upstream")
    processes.append(Process(["nginx", "-p", folder, "-c", plain_conf]))
    processes.append(Process(["haproxy", "-db", "-f", haproxy_conf]))
    wait_for(lambda: port_open(plain) and port_open(haproxy), "the start of the peers", 10)
    stack = Stack(folder, routes=routes, allow=[f"127.0.0.1:{backend}"])
    stack.wait_ready()
    operator = {"Authorization": "Bearer " + stack.cli("token")}
    status, answer = Client(stack.port).call("POST", "/api/identity-providers", headers=operator, body={"name": "bench", "spec": {
        "host": HOST, "userIDClaim": "email", "identityProvider": {
            "issuer": issuer.issuer, "jwksUri": f"http://127.0.0.1:{backend}/jwks.json", "audiences": [issuer.audience]}}})
    if status != 201:
        raise SystemExit(f"the provider was not accepted: {status} {answer}")
    wait_for(lambda: ask(stack.port, tokens[0])[0] == 200, "the first good answer", 20)
    pids = stack.pids()
    peers = {"nginx-plain (no check)": (plain, processes[1].pid), "haproxy": (haproxy, processes[2].pid),
             "behalf": (stack.port, pids["api-gateway"])}
    for name in ("haproxy", "behalf"):
        port = peers[name][0]
        good, refused = ask(port, tokens[0]), [ask(port, None)[0], ask(port, tokens[0][:-6] + "AAAAAA")[0]]
        if good != (200, b"user0@example.com") or refused != [401, 401]:
            raise SystemExit(f"{name} fails the check: {good} {refused}")
    while cpu_seconds(pids["api-gateway"]) < args.warm:
        for count in (1, 1000):
            wrk(stack.port, count, 3)
    figures = {}
    for round_number in range(args.rounds):
        for scenario, count in (("same token", 1), ("1,000 tokens", 1000)):
            for name, (port, pid) in peers.items():
                before, validator = cpu_seconds(pid), cpu_seconds(pids["jwt-validator"])
                requests, p50, p99 = wrk(port, count, args.seconds)
                used = (cpu_seconds(pid) - before) * 1e6 / requests
                row = figures.setdefault(scenario, {}).setdefault(name, {"us": [], "rps": [], "p50": [], "p99": [], "validator_us": []})
                row["us"].append(used)
                row["rps"].append(requests / args.seconds)
                row["p50"].append(p50)
                row["p99"].append(p99)
                row["validator_us"].append((cpu_seconds(pids["jwt-validator"]) - validator) * 1e6 / requests if name == "behalf" else 0)
    print(f"{'scenario':14} {'gateway':24} {'CPU µs/request':>15} {'× nginx':>8} {'p50 µs':>8} {'p99 µs':>8} {'requests/s':>11}")
    for scenario, rows in figures.items():
        floor = statistics.median(rows["nginx-plain (no check)"]["us"])
        for name, row in rows.items():
            us = statistics.median(row["us"])
            print(f"{scenario:14} {name:24} {us:15.1f} {us / floor:8.2f} {statistics.median(row['p50']):8.0f} "
                  f"{statistics.median(row['p99']):8.0f} {statistics.median(row['rps']):11.0f}")
    print(f"validator beside behalf: {statistics.median(figures['1,000 tokens']['behalf']['validator_us']):.2f} CPU µs/request;"
          f" gateway memory under load: {memory_mib(pids['api-gateway']):.0f} MiB")
    if args.out:
        with open(args.out, "w") as f:
            json.dump(figures, f, indent=1)
finally:
    if stack:
        stack.stop()
    for process in processes:
        process.stop()
    shutil.rmtree(folder, ignore_errors=True)
