"""Starts the programs that tests talk to, and says how a check went.

Nothing here has a fixed port: servers are told port 0, and what they got is read from /proc.
"""

import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
from first_question import Gone, listening, reachable  # noqa: E402

BUILD = pathlib.Path(os.environ.get("TEST_BUILD_DIR", ROOT / "build" / "release"))
PROGRAM = BUILD / "snowflake-mcp"
NODE = ROOT / "third_party" / ".downloads" / "node" / "bin" / "node"


def result(name, outcome, why=""):
    """One check, as scripts/run_tests.py reads it."""
    print(json.dumps({"name": name, "result": outcome, **({"why": why} if why else {})}), flush=True)


def check(name, ok, why=""):
    result(name, "passed" if ok else "failed", "" if ok else why)
    return ok


def clean_environment(**settings):
    """The environment without settings of whoever runs the tests, so that only what a test says holds."""
    kept = ("PATH", "LANG", "LC_ALL", "TMPDIR", "GOCACHE", "GOPATH", "GOFLAGS", "GOPROXY", "HOME")
    return {**{key: os.environ[key] for key in kept if key in os.environ}, **settings}


class Server:
    """A running program; `ports` are its listening sockets, in the order of the port numbers."""

    def __init__(self, process, log):
        self.process, self.log = process, log

    @property
    def pid(self):
        return self.process.pid

    def output(self):
        return pathlib.Path(self.log).read_text(encoding="utf-8", errors="replace")

    def addresses(self, wanted, seconds=30):
        """Waits until there are `wanted` listening sockets."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(f"ended with {self.process.returncode} before it listened:\n{self.output()}")
            try:
                found = [(reachable(host), port) for host, port in listening(self.pid)]
            except Gone:
                found = []
            if len(found) >= wanted:
                return found
            time.sleep(0.01)
        raise RuntimeError(f"no {wanted} listening sockets within {seconds} s:\n{self.output()}")

    def stop(self, how=signal.SIGTERM, seconds=60):
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise RuntimeError(f"did not end within {seconds} s of {how.name}:\n{self.output()}") from None


@contextlib.contextmanager
def running(command, env=None, cwd=None):
    """A program in a folder of its own, so that no .env or config.toml of this machine is read."""
    with tempfile.TemporaryDirectory() as folder:
        log = os.path.join(folder, "output.log")
        with open(log, "wb") as out:
            process = subprocess.Popen(
                [str(part) for part in command], stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
                cwd=cwd or folder, env={**clean_environment(), "HOME": folder, **(env or {})},
            )
        server = Server(process, log)
        try:
            yield server
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()


def mcp_address(server):
    """(host, port) of the server's MCP listener: the one whose /mcp is not unknown."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for host, port in server.addresses(1):
            try:
                with urllib.request.urlopen(urllib.request.Request(f"http://{host}:{port}/mcp", method="GET"), timeout=5):
                    return host, port
            except urllib.error.HTTPError as error:
                if error.code != 404:
                    return host, port
            except OSError:
                continue
        time.sleep(0.01)
    raise RuntimeError(f"no listener answers /mcp:\n{server.output()}")


@contextlib.contextmanager
def snowflake_mcp(*arguments, env=None):
    """`snowflake-mcp serve` with the embedded backend on ports that the kernel chose; yields (server, host, port)."""
    settings = {"DRAIN_DELAY_SECONDS": "0", **(env or {})}
    with running([PROGRAM, "serve", "--port", "0", "--metrics-port", "0", *arguments], env=settings) as server:
        host, port = mcp_address(server)
        yield server, host, port
