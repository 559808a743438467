"""The scripted Snowflake of tests/faults as a process, and its control plane."""

import contextlib
import http.client
import json
import subprocess

from .servers import ROOT

FAULTS = ROOT / "tests" / "faults"
PYTHON = ROOT / "third_party" / ".downloads" / "venv-snowflake" / "bin" / "python"


class Scripted:
    """One running server. Every method is one request to its control plane; RuntimeError when it refuses."""

    def __init__(self, process):
        self.process = process
        line = process.stdout.readline()
        if not line:
            raise RuntimeError(f"the scripted Snowflake did not start: {process.stderr.read()[-2000:]}")
        said = json.loads(line)
        self.ports, self.keys, self.ca, self.arrow = said["ports"], said.get("keys"), said.get("ca"), said["arrow"]

    @property
    def port(self):
        return self.ports["driver"]

    def _ask(self, method, name, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.ports["control"], timeout=30)
        try:
            connection.request(method, f"/control/{name}", None if body is None else json.dumps(body))
            answer = connection.getresponse()
            value = json.loads(answer.read())
        finally:
            connection.close()
        if answer.status != 200:
            raise RuntimeError(f"{name}: {value}")
        return value

    def counters(self):
        return self._ask("GET", "counters")

    def log(self):
        return self._ask("GET", "log")

    def statements(self):
        return self._ask("GET", "statements")

    def sessions(self):
        return self._ask("GET", "sessions")

    def faults(self):
        return self._ask("GET", "faults")

    def arm(self, at, what, **more):
        self._ask("POST", "arm", {"at": at, "what": what, **more})

    def disarm(self):
        self._ask("POST", "disarm", {})

    def reset(self):
        self._ask("POST", "reset", {})

    def set(self, **settings):
        self._ask("POST", "settings", settings)

    def learn(self, *statements):
        self._ask("POST", "statement", list(statements))

    def delay(self, pattern, seconds):
        self._ask("POST", "delay", {"pattern": pattern, "seconds": seconds})

    def expire(self, what):
        self._ask("POST", "expire", {"what": what})

    def end_sessions(self):
        self._ask("POST", "end-sessions", {})

    def drop_connections(self):
        self._ask("POST", "drop-connections", {})

    def trust(self, pem):
        self._ask("POST", "public-key", {"pem": pem})


@contextlib.contextmanager
def scripted(*options, **settings):
    """A scripted Snowflake for the time of the `with`: options of its command line, then its settings."""
    chosen = [part for name, value in settings.items() for part in ("--set", f"{name}={json.dumps(value)}")]
    process = subprocess.Popen(
        [PYTHON, "-m", "scripted_snowflake", *options, *chosen], cwd=FAULTS, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    )
    try:
        yield Scripted(process)
    finally:
        process.stdin.close()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()
        process.stderr.close()
