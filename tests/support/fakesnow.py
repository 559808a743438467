"""fakesnow 0.12.1 as a process: a Snowflake that others wrote, on DuckDB. Any user and password may log in."""

import contextlib
import pathlib
import subprocess
import tempfile
import time

from .proxies import accepts, free_port
from .servers import ROOT, clean_environment

PROGRAM = ROOT / "third_party" / ".downloads" / "venv-snowflake" / "bin" / "fakesnow"


@contextlib.contextmanager
def fakesnow():
    """The port of a fakesnow in server mode, for the time of the `with`."""
    with tempfile.TemporaryDirectory() as folder:
        for attempt in range(5):  # it cannot be told port 0
            port, log = free_port(), pathlib.Path(folder) / "fakesnow.log"
            with open(log, "wb") as out:
                process = subprocess.Popen([PROGRAM, "-s", "-p", str(port)], cwd=folder, stdin=subprocess.DEVNULL, stdout=out,
                                           stderr=subprocess.STDOUT,
                                           env={**clean_environment(), "HOME": folder, "SNOWFLAKE_DISABLE_PLATFORM_DETECTION": "true"})
            deadline = time.monotonic() + 60
            while process.poll() is None and not accepts(port) and time.monotonic() < deadline:
                time.sleep(0.05)
            if process.poll() is None and accepts(port):
                break
            if attempt == 4:
                raise RuntimeError(f"fakesnow did not start:\n{log.read_text(errors='replace')[-2000:]}")
        try:
            yield port
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
