"""Starting and ending: bad input is one line on stderr that names the thing and the remedy, exit 2; signals drain."""

import os
import pathlib
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

from support.servers import PROGRAM, check, clean_environment, snowflake_mcp


def attempt(folder, *arguments, env=None):
    command = [str(part) for part in [PROGRAM, *arguments]]
    try:
        return subprocess.run(
            command, cwd=folder, env={**clean_environment(), "HOME": str(folder), **(env or {})},
            stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=20, check=False,
        )
    except subprocess.TimeoutExpired as error:
        text = (error.stderr or b"").decode(errors="replace")
        return subprocess.CompletedProcess(command, -1, "", f"still running after {error.timeout:.0f} s:\n{text}")


def refuses(what, folder, *arguments, env=None, names=()):
    """Exit 2, nothing on stdout, exactly one line on stderr, and in it what is wrong."""
    done = attempt(folder, *arguments, env=env)
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    ok = done.returncode == 2 and not done.stdout and len(lines) == 1 and all(name in lines[0] for name in names)
    check(f"startup/{what}", ok, f"exit {done.returncode}\nstdout: {done.stdout[:500]}\nstderr: {done.stderr[:2000]}")


def bad_input(folder):
    any_port = ["--port", "0", "--metrics-port", "0"]
    broken = pathlib.Path(folder, "broken.env")
    broken.write_text("CACHE_TTL_SECONDS=300\nthis line has no equals sign\n", encoding="utf-8")
    refuses("a broken .env line", folder, "serve", *any_port, "--env-file", broken, names=["broken.env", "2"])
    here = pathlib.Path(folder, "with-dot-env")
    here.mkdir()
    (here / ".env").write_text('MCP_SERVER_PORT="unfinished\n', encoding="utf-8")
    refuses("an unfinished quote in the .env of the working directory", here, "serve", *any_port, names=[".env", "1"])
    refuses("an .env file that is not there", folder, "serve", *any_port, "--env-file", "nowhere.env", names=["nowhere.env"])
    refuses("a value out of range", folder, "serve", *any_port, env={"CONNECTION_POOL_MAX_SIZE": "0"}, names=["CONNECTION_POOL_MAX_SIZE", "0"])
    refuses("a value that is no number", folder, "serve", *any_port, env={"QUERY_TIMEOUT_SECONDS": "soon"}, names=["QUERY_TIMEOUT_SECONDS", "soon"])
    refuses("a missing data folder", folder, "serve", *any_port, "--data-dir", f"{folder}/nowhere", names=["nowhere"])
    refuses("a missing data folder on stdio", folder, "stdio", "--data-dir", f"{folder}/nowhere", names=["nowhere"])
    refuses("a missing DuckDB file", folder, "serve", *any_port, "--database", f"{folder}/nowhere.duckdb", names=["nowhere.duckdb"])
    corrupt = pathlib.Path(folder, "corrupt.duckdb")
    corrupt.write_bytes(os.urandom(16384))
    refuses("a corrupt DuckDB file", folder, "serve", *any_port, "--database", corrupt, names=["corrupt.duckdb"])
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        refuses("a port in use", folder, "serve", "--port", port, "--metrics-port", "0", names=[port])
        refuses("a metrics port in use", folder, "serve", "--port", "0", "--metrics-port", port, names=[port])
    refuses("an address for everybody without keys", folder, "serve", *any_port, "--host", "0.0.0.0", names=["API", "ALLOW_ANONYMOUS"])
    done = attempt(folder, "sreve")
    check("startup/an unknown subcommand is exit 2", done.returncode == 2 and not done.stdout, f"{done.returncode} {done.stderr}")


def good_input(folder):
    done = attempt(folder, "stdio")
    check("startup/stdio ends with 0 when its input ends", done.returncode == 0 and not done.stdout, f"{done.returncode} {done.stdout[:300]} {done.stderr[:2000]}")
    for name in ("version", "check"):
        done = attempt(folder, name)
        check(f"startup/{name} says something and exits 0", done.returncode == 0 and bool(done.stdout), f"{done.returncode} {done.stderr[:1000]}")
    for command in ("serve", "stdio", "check", "config", "guard", "key"):
        done = attempt(folder, command, "--help")
        check(f"startup/{command} --help", done.returncode == 0 and command in done.stdout, f"{done.returncode} {done.stderr[:1000]}")


def status_of(url):
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return response.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return None


def signals():
    for number, name in ((signal.SIGTERM, "SIGTERM"), (signal.SIGINT, "SIGINT")):
        with snowflake_mcp() as (server, _, _):
            code = server.stop(number)
            check(f"signals/{name} ends it with 0", code == 0, f"exit {code}\n{server.output()[-1500:]}")
    with snowflake_mcp(env={"DRAIN_DELAY_SECONDS": "30"}) as (server, host, port):
        check("signals/ready at first", status_of(f"http://{host}:{port}/ready") == 200)
        server.process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + 5
        while (status := status_of(f"http://{host}:{port}/ready")) == 200 and time.monotonic() < deadline:
            time.sleep(0.01)
        check("signals/after SIGTERM /ready fails while the listener stays open", status == 503, str(status))
        check("signals/and /health still answers", status_of(f"http://{host}:{port}/health") == 200)
        started = time.monotonic()
        server.stop(signal.SIGTERM, 10)
        check("signals/a second signal ends at once", time.monotonic() - started < 2, f"{time.monotonic() - started:.1f} s")


def run(cwd):
    bad_input(cwd)
    good_input(cwd)
    signals()
