"""WireMock 3.13.2 as a Snowflake that plays recorded conversations: mapping files in the form that Snowflake's drivers use."""

import contextlib
import json
import pathlib
import shutil
import subprocess
import tempfile
import time
import urllib.request

from .servers import ROOT

JAR = ROOT / "third_party" / ".downloads" / "jars" / "wiremock-standalone.jar"
MAPPINGS = ROOT / "tests" / "snowflake" / "wiremock" / "mappings"


class WireMock:
    """One running WireMock; its stubs and journal are changed by its admin interface."""

    def __init__(self, port):
        self.port = port

    def _admin(self, method, path, body=None):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/__admin/{path}", body, method=method,
                                         headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or b"{}")

    def play(self, *files):
        """Forgets everything, then takes the conversations of these files (names below mappings/, or paths)."""
        self._admin("POST", "reset")
        for file in files:
            path = pathlib.Path(file) if str(file).endswith(".json") else MAPPINGS / f"{file}.json"
            known = json.loads(path.read_text(encoding="utf-8"))
            mappings = known["mappings"] if "mappings" in known else [known]
            self._admin("POST", "mappings/import", json.dumps({"mappings": mappings}).encode())

    def asked(self):
        """Every request since `play`, oldest first: {"method", "url", "body", "matched"}."""
        entries = self._admin("GET", "requests")["requests"]
        return [{"method": one["request"]["method"], "url": one["request"]["url"], "body": one["request"].get("body", ""),
                 "matched": one["wasMatched"]} for one in reversed(entries)]

    def unmatched(self):
        return [f"{one['method']} {one['url']} {one['body'][:300]}" for one in self.asked() if not one["matched"]]


@contextlib.contextmanager
def wiremock():
    """A WireMock on a port that the kernel chose, for the time of the `with`."""
    java = shutil.which("java")
    if java is None:
        raise RuntimeError("no Java: scripts/deps test")
    with tempfile.TemporaryDirectory() as folder:
        log = pathlib.Path(folder) / "wiremock.log"
        with open(log, "wb") as out:
            process = subprocess.Popen([java, "-XX:TieredStopAtLevel=1", "-jar", JAR, "--port", "0", "--root-dir", folder,
                                        "--async-response-enabled", "true"], stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)
        try:
            yield WireMock(port_of(process, log))
        finally:
            process.terminate()
            process.wait(20)


def port_of(process, log):
    """WireMock says `port: 12345` when it listens."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for line in log.read_text(errors="replace").splitlines():
            if line.startswith("port:"):
                return int(line.split(":")[1])
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise RuntimeError(f"WireMock did not start:\n{log.read_text(errors='replace')[-2000:]}")
