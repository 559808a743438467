"""nginx and HAProxy in front of test servers, with configurations that a test hands over."""

import contextlib
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def accepts(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


class Proxy:
    def __init__(self, process, port, folder):
        self.process, self.port, self.folder = process, port, folder

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/mcp"

    def output(self):
        return (self.folder / "output.log").read_text(encoding="utf-8", errors="replace")

    def upstreams(self):
        """The upstream of every request that nginx has answered, in order (see log_format below)."""
        log = self.folder / "access.log"
        return [tuple(line.split("|")) for line in log.read_text(encoding="utf-8").splitlines()] if log.exists() else []


@contextlib.contextmanager
def started(program, make_files):
    """Runs `program` (a function of folder and port that gives its command line); another port when the first is taken."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for attempt in range(5):
            port = free_port()
            command = make_files(folder, port)
            with open(folder / "output.log", "wb") as out:
                process = subprocess.Popen(
                    [program, *command], stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, cwd=folder
                )
            deadline = time.monotonic() + 10
            while process.poll() is None and not accepts(port) and time.monotonic() < deadline:
                time.sleep(0.02)
            if process.poll() is None:
                break
            if attempt == 4:
                raise RuntimeError(f"{program} did not start:\n{Proxy(process, port, folder).output()}")
        try:
            yield Proxy(process, port, folder)
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def found(program):
    path = shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    if path is None:
        raise RuntimeError(f"{program} is not installed: scripts/deps test")
    return path


def nginx(http_block):
    """nginx with the given content of its http block, in which LISTEN stands for the address."""

    def make_files(folder, port):
        user = "user root;\n" if os.geteuid() == 0 else ""
        (folder / "nginx.conf").write_text(
            f"{user}worker_processes 1;\ndaemon off;\npid {folder}/nginx.pid;\nerror_log {folder}/error.log;\n"
            "events { worker_connections 1024; }\n"
            "http {\n"
            + "".join(
                f"    {kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
            )
            + "    log_format upstream '$request_method|$uri|$upstream_addr|$status|$http_mcp_session_id';\n"
            f"    access_log {folder}/access.log upstream;\n"
            + http_block.replace("LISTEN", f"127.0.0.1:{port}")
            + "}\n"
        )
        return ["-c", str(folder / "nginx.conf"), "-p", str(folder), "-e", str(folder / "error.log")]

    return started(found("nginx"), make_files)


def haproxy(configuration):
    """HAProxy in the foreground (-db) with a whole configuration, in which LISTEN stands for the address."""

    def make_files(folder, port):
        (folder / "haproxy.cfg").write_text(configuration.replace("LISTEN", f"127.0.0.1:{port}"))
        return ["-db", "-f", str(folder / "haproxy.cfg")]

    return started(found("haproxy"), make_files)
