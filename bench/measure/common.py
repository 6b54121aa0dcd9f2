"""Processes, CPU time and memory from /proc, tokens, HTTP. Standard library only."""
import base64, http.client, json, os, re, signal, socket, statistics, subprocess, tempfile, time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TICKS = os.sysconf("SC_CLK_TCK")
LOOPBACK = "127.0.0.1"


def free_port():
    with socket.socket() as s:
        s.bind((LOOPBACK, 0))
        return s.getsockname()[1]


def b64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


# ---------------------------------------------------------------- processes

def stats():
    """pid -> (parent, own CPU ticks, CPU ticks of children waited for)"""
    found = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat") as f:
                    fields = f.read().rpartition(")")[2].split()
            except OSError:
                continue
            found[int(entry)] = (int(fields[1]), int(fields[11]) + int(fields[12]), int(fields[13]) + int(fields[14]))
    return found


def tree(pid):
    all_stats, children = stats(), {}
    for p, (parent, _, _) in all_stats.items():
        children.setdefault(parent, []).append(p)
    todo, found = [pid], []
    while todo:
        p = todo.pop()
        if p in all_stats:
            found.append(p)
            todo += children.get(p, [])
    return found, all_stats


def cpu_seconds(pid):
    """User and system time of the process, its living descendants, and the dead ones it has waited for."""
    pids, all_stats = tree(pid)
    return sum(all_stats[p][1] + all_stats[p][2] for p in pids) / TICKS


def memory_mib(pid):
    """Proportional set size of the process and its descendants: shared pages count once."""
    kib = 0
    for p in tree(pid)[0]:
        try:
            with open(f"/proc/{p}/smaps_rollup") as f:
                kib += int(re.search(r"^Pss:\s+(\d+)", f.read(), re.M).group(1))
        except (OSError, AttributeError):
            pass
    return kib / 1024


class Process:
    def __init__(self, command, cwd=None, log=None, env=None):
        self.started = time.time()
        out = open(log, "wb") if log else subprocess.DEVNULL
        self.handle = subprocess.Popen(command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                       start_new_session=True, env={**os.environ, **(env or {})})
        self.pid = self.handle.pid

    def stop(self):
        if self.handle.poll() is None:
            self.handle.send_signal(signal.SIGTERM)
            try:
                self.handle.wait(40)
            except subprocess.TimeoutExpired:
                os.killpg(self.pid, signal.SIGKILL)
                self.handle.wait()


def wait_for(condition, what, seconds=120):
    end = time.time() + seconds
    while time.time() < end:
        if condition():
            return
        time.sleep(0.02)
    raise SystemExit(f"{what} did not happen within {seconds} s")


def port_open(port):
    with socket.socket() as s:
        s.settimeout(0.5)
        return s.connect_ex((LOOPBACK, port)) == 0


# ---------------------------------------------------------------- HTTP

class Client:
    """One kept connection."""

    def __init__(self, port):
        self.port, self.connection = port, None

    def call(self, method, path, body=None, headers=None):
        headers = dict(headers or {})
        if body is not None:
            body = json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        for attempt in (1, 2):
            if self.connection is None:
                self.connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=30)
            try:
                self.connection.request(method, path, body, headers)
                response = self.connection.getresponse()
                return response.status, response.read()
            except (OSError, http.client.HTTPException):
                self.connection.close()
                self.connection = None
                if attempt == 2:
                    raise


# ---------------------------------------------------------------- tokens

class Issuer:
    """An identity provider: a key made by OpenSSL, its key set in a file, tokens signed by Python's openssl call."""

    def __init__(self, folder, algorithm="RS256", issuer="https://issuer.bench.example", audience="bench"):
        self.folder, self.algorithm, self.issuer, self.audience = folder, algorithm, issuer, audience
        self.key = os.path.join(folder, f"{algorithm}.pem")
        self.public = os.path.join(folder, f"{algorithm}.pub.pem")
        kind = ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"] if algorithm == "RS256" else ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
        run(["openssl", "genpkey", "-algorithm", *kind, "-out", self.key])
        run(["openssl", "pkey", "-in", self.key, "-pubout", "-out", self.public])
        der = run(["openssl", "pkey", "-in", self.key, "-pubout", "-outform", "DER"])
        if algorithm == "RS256":
            modulus = run(["openssl", "rsa", "-in", self.key, "-noout", "-modulus"]).decode().strip().partition("=")[2]
            jwk = {"kty": "RSA", "n": b64url(bytes.fromhex(modulus)), "e": "AQAB"}
        else:
            jwk = {"kty": "EC", "crv": "P-256", "x": b64url(der[-64:-32]), "y": b64url(der[-32:])}
        self.jwks = {"keys": [{**jwk, "kid": "bench", "use": "sig", "alg": algorithm}]}

    def token(self, user, lifetime=7200):
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": self.audience, "sub": user, "email": user, "iat": now, "exp": now + lifetime}
        header = {"alg": self.algorithm, "kid": "bench", "typ": "JWT"}
        signed = ".".join(b64url(json.dumps(part, separators=(",", ":")).encode()) for part in (header, claims))
        signature = run(["openssl", "dgst", "-sha256", "-sign", self.key], signed.encode())
        return signed + "." + b64url(signature if self.algorithm == "RS256" else raw_ecdsa(signature))


def raw_ecdsa(der):
    """r and s of 32 bytes each (RFC 7518, 3.4) from the DER sequence of two integers."""
    at, out = 2, b""
    for _ in range(2):
        length = der[at + 1]
        out += der[at + 2:at + 2 + length].lstrip(b"\0").rjust(32, b"\0")
        at += 2 + length
    return out


def run(command, stdin=None):
    return subprocess.run(command, input=stdin, check=True, capture_output=True).stdout


# ---------------------------------------------------------------- the stack

class Stack:
    """Behalf, started by its own command, one process for each service unless told otherwise."""

    def __init__(self, folder, routes=None, allow=(), processes=True, demo=False):
        self.data = os.path.join(folder, "data")
        self.port = free_port()
        self.log = os.path.join(folder, "up.log")
        command = [os.path.join(ROOT, "behalf"), "up", "--port", str(self.port), "--data", self.data]
        command += ["--processes"] if processes else []
        command += [] if demo else ["--no-demo"]
        command += ["--routes", routes] if routes else []
        for target in allow:
            command += ["--allow-outbound", target]
        self.process = Process(command, cwd=ROOT, log=self.log)

    def wait_ready(self, seconds=240):
        wait_for(lambda: self.process.handle.poll() is not None or "Behalf is up" in open(self.log).read(),
                 "the start of the stack", seconds)
        if self.process.handle.poll() is not None:
            raise SystemExit("the stack did not start:\n" + open(self.log).read()[-2000:])
        self.ready_after = time.time() - self.process.started

    def cli(self, *arguments):
        return run([os.path.join(ROOT, "behalf"), *arguments, "--data", self.data]).decode().strip()

    def pids(self):
        return {service["name"]: service["pid"] for service in json.loads(self.cli("status", "--json"))}

    def roots(self):
        """The launcher, and PostgreSQL, which is nobody's child."""
        with open(os.path.join(self.data, "postgres", "postmaster.pid")) as f:
            return [self.process.pid, int(f.readline())]

    def cpu_seconds(self):
        return sum(map(cpu_seconds, self.roots()))

    def memory_mib(self):
        return sum(map(memory_mib, self.roots()))

    def stop(self):
        self.process.stop()


def percentile(values, p):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * p / 100))]
