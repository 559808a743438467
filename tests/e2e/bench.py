"""`snowflake-mcp bench` against our own server and servers that others wrote, over every transport and both eras; its
percentiles against a server whose delays are known; bad input. The long comparisons stand in bench/load_generator.py."""

import contextlib
import csv
import json
import pathlib
import re
import signal
import socket
import subprocess
import sys
import threading
import time

from support import mcp_peers, scripted_mcp
from support.servers import PROGRAM, ROOT, check, clean_environment, result, snowflake_mcp

COLUMNS = "concurrent_clients,requests_per_second,avg_response_time,p95_response_time,error_rate,cpu_usage,memory_usage"
SCRIPTED = [sys.executable, ROOT / "tests" / "support" / "scripted_mcp.py"]
ECHO = ["--tool", "echo", "--arguments", '{"text":"hello"}', "--expect", "you said hello"]


def bench(*arguments, **more):
    return subprocess.run([str(part) for part in (PROGRAM, "bench", *arguments)], capture_output=True, text=True, timeout=120,
                          env=clean_environment(), stdin=subprocess.DEVNULL, **more)


def measured(folder, *arguments):
    """(the JSON result, the process)"""
    path = pathlib.Path(folder) / "result.json"
    path.unlink(missing_ok=True)
    done = bench("--json", path, "--quiet", *arguments)
    return (json.loads(path.read_text()) if path.exists() else None), done


def all_right(name, folder, *arguments, revision=None, sessions=None):
    """Every answer of every step was checked and correct."""
    result, done = measured(folder, "--clients", "1,4", "--duration", "400ms", "--warmup", "100ms", *arguments)
    good = (done.returncode == 0 and result is not None and result["complete"] and len(result["steps"]) == 2
            and all(step["ok"] > 0 and step["ok"] == step["requests"] for step in result["steps"])
            and revision in (None, result["target"]["revision"]) and sessions in (None, result["target"]["sessions"]))
    check(f"bench/{name}", good, f"exit {done.returncode}: {done.stderr[-600:]} {json.dumps(result)[:1500]}")
    return result


def ours(folder):
    with snowflake_mcp() as (_, host, port):
        url = f"http://{host}:{port}/mcp"
        result = all_right("ours, built-in workload", folder, url, revision="2026-07-28", sessions=False)
        if result:
            step = result["steps"][-1]
            known = [step[name] is not None for name in ("cpu_usage", "memory_usage", "pool_active", "pool_max", "queue_length")]
            check("bench/CPU, memory, pool and queue come from /metrics", all(known), json.dumps(step)[:800])
        for revision in ("2025-11-25", "2025-03-26"):
            all_right(f"ours, {revision}", folder, url, "--revision", revision, revision=revision)
        outputs(folder, url)
        bad_input(folder, url)
        interrupted(folder, url)
    all_right("ours, stdio", folder, "--", PROGRAM, "stdio", revision="2026-07-28")
    all_right("ours, stdio, a process a client", folder, "--process-per-client", "--revision", "2025-06-18", "--stdio",
              f"{PROGRAM} stdio", revision="2025-06-18")


def outputs(folder, url):
    files = {kind: pathlib.Path(folder) / f"out.{kind}" for kind in ("csv", "json", "md", "html")}
    done = bench(url, "--clients", "1,2,4", "--duration", "700ms", "--warmup", "0", "--csv", files["csv"], "--json", files["json"],
                 "--markdown", files["md"], "--html", files["html"])
    texts = {kind: path.read_text() if path.exists() else "" for kind, path in files.items()}
    lines = texts["csv"].splitlines()
    rows = list(csv.DictReader(lines))
    check("bench/the CSV is the guide's and goes on",
          lines[:1] == [COLUMNS + ",p50,p99,p99.9,max"] and [row["concurrent_clients"] for row in rows] == ["1", "2", "4"]
          and all(float(row[name]) >= 0 for row in rows for name in row), texts["csv"])
    check("bench/the text says what is sustained, when to scale out, and the law",
          done.returncode == 0 and all(part in done.stdout for part in (
              "Maximum sustainable load: ", "Recommended scale-out trigger: ", "Scalability law: ", "contention", "coherency")),
          done.stdout + done.stderr)
    check("bench/HTML holds its plots", texts["html"].count("<svg") == 2 and "http-equiv" in texts["html"], texts["html"][:500])
    check("bench/Markdown holds its table", "| 4 clients |" in texts["md"], texts["md"])
    compared = bench("--compare", files["json"], files["json"])
    check("bench/a result compared with itself is not worse",
          compared.returncode == 0 and "Verdict: " in compared.stdout and "95 % confidence" in compared.stdout,
          compared.stdout + compared.stderr)
    slow = json.loads(texts["json"])
    for step in slow["steps"]:
        for interval in step["intervals"]:
            interval["ok"] //= 100
            interval["p50_ms"] *= 100
            interval["p95_ms"] *= 100
    path = pathlib.Path(folder) / "slow.json"
    path.write_text(json.dumps(slow))
    compared = bench("--compare", files["json"], path)
    check("bench/a hundred times slower is worse", compared.returncode == 8 and "B is slower" in compared.stdout,
          compared.stdout + compared.stderr)


def bad_input(folder, url):
    broken = pathlib.Path(folder) / "broken.json"
    broken.write_text('{"requests": [{"tool": "execute_query",}]}')
    unknown = pathlib.Path(folder) / "unknown.json"
    unknown.write_text('{"requests": [{"tool": "execute_qeury"}]}')
    short = ("--duration", "300ms", "--warmup", "0", "--clients", "2")
    cases = (
        ("no client", 2, "--clients 0", (url, "--clients", "0")),
        ("a rate of nothing", 2, "--rate 0", (url, "--rate", "0")),
        ("a broken workload", 2, "line 1, column", (url, "--workload", broken)),
        ("an unknown tool", 2, "nearest is execute_query", (url, "--workload", unknown)),
        ("a target that is down", 5, "Connection refused", ("http://127.0.0.1:1/mcp",)),
        ("another path", 5, "HTTP 404", (url.replace("/mcp", "/nothere"),)),
        ("another protocol", 5, "no HTTP", (f"http://127.0.0.1:{ssh_like(folder)}/mcp",)),
        ("a command that ends", 5, "without an answer", ("--", "true")),
        ("a command that is not there", 5, "cannot start", ("--", "no-such-program")),
        ("a full disk", 6, "No space left", (url, *short, "--csv", "/dev/full", "--quiet")),
        ("wrong answers", 7, "not the expected text",
         (url, *short, "--tool", "execute_query", "--arguments", '{"query":"SELECT 1"}', "--expect", "2", "--quiet")),
        ("no result to compare", 2, "is not a result", ("--compare", broken, broken)),
    )
    for name, code, part, arguments in cases:
        done = bench(*arguments)
        lines = [line for line in done.stderr.splitlines() if line.startswith("snowflake-mcp: bench: ")]
        check(f"bench/{name}: exit {code} and one line", done.returncode == code and len(lines) == 1 and part in lines[0],
              f"exit {done.returncode}: {done.stderr}")


def ssh_like(_folder, _servers=[]):
    """A port that greets like an SSH server; lives as long as this process."""
    listener = socket.create_server(("127.0.0.1", 0))
    _servers.append(listener)

    def serve():
        while True:
            connection, _ = listener.accept()
            with connection, contextlib.suppress(OSError):
                connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")
                connection.recv(65536)

    threading.Thread(target=serve, daemon=True).start()
    return listener.getsockname()[1]


def interrupted(folder, url):
    path = pathlib.Path(folder) / "interrupted.csv"
    process = subprocess.Popen([str(part) for part in (PROGRAM, "bench", url, "--clients", "2,3", "--duration", "300ms", "--rounds",
                                                       "1000", "--csv", path, "--quiet")],
                               env=clean_environment(), stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 30
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    text = path.read_text() if path.exists() else ""
    check("bench/Ctrl-C keeps what was measured and marks it", process.returncode == 7 and "# partial: stopped by a signal" in text
          and len(text.splitlines()) >= 3 and "partial" in errors, f"exit {process.returncode}: {errors} {text}")


def others(folder):
    with mcp_peers.printing_its_port(mcp_peers.typescript_command(folder, "http")) as (port, _):
        all_right("TypeScript SDK: sessions, answers as streams", folder, f"http://127.0.0.1:{port}/mcp", *ECHO, sessions=True)
    all_right("TypeScript SDK, stdio", folder, *ECHO, "--", *mcp_peers.typescript_command(folder, "stdio"))
    for mode in ("json", "stream"):
        with mcp_peers.printing_its_port(mcp_peers.python_command(mode)) as (port, _):
            url = f"http://127.0.0.1:{port}/mcp"
            all_right(f"Python SDK, {mode}", folder, url, *ECHO)
            if mode == "stream":
                all_right("Python SDK, stream, handshake", folder, url, *ECHO, "--revision", "2025-06-18", sessions=True)
    all_right("Python SDK, stdio", folder, *ECHO, "--", *mcp_peers.python_command("stdio"))
    go = mcp_peers.go_command(folder)
    if go is None:
        result("bench/Go SDK", "skipped", "no Go toolchain here, and no package registry brings one")
    else:
        with mcp_peers.printing_its_port(go) as (port, _):
            all_right("Go SDK: sessions, answers as streams", folder, f"http://127.0.0.1:{port}/mcp", *ECHO, sessions=True)
    with mcp_peers.canned() as server:
        all_right("nginx with a canned answer", folder, server.url, "--tool", "fixed_text", "--id", "1", "--expect", "xxx")
        found, done = measured(folder, server.url, "--tool", "fixed_text", "--clients", "2", "--duration", "300ms", "--warmup", "0")
        check("bench/an answer with another's id is no answer",
              done.returncode == 7 and found["steps"][0]["ok"] == 0 and found["steps"][0]["errors"][0]["kind"] == "wrong id",
              json.dumps(found)[:800])


class Lateness:
    """How late a thread that sleeps 5 ms wakes up meanwhile, in ms: where nobody wakes in time, nothing can be timed."""

    def __enter__(self):
        self.late, self.ends = [], threading.Event()
        self.thread = threading.Thread(target=self.measure, daemon=True)
        self.thread.start()
        return self

    def measure(self):
        while not self.ends.is_set():
            begun = time.monotonic()
            time.sleep(0.005)
            self.late.append((time.monotonic() - begun - 0.005) * 1000)

    def __exit__(self, *_):
        self.ends.set()
        self.thread.join()

    def p90(self):
        return scripted_mcp.percentile(self.late, 90)


def against_the_truth(folder):
    """An open loop against known delays and a stall of one second. The machine may hiccup: the best of three runs."""
    name = "bench/percentiles are within 1 % of the truth, a stall of a second included"
    delays, rate, seconds, stall_at = [200, 250, 300, 350, 400], 50, 4, 80
    expected = scripted_mcp.truth(delays, rate, rate * seconds, stall_at, 1000)
    worst, figures, quiet = None, "", False
    for _ in range(3):
        command = [*SCRIPTED, ",".join(map(str, delays)), str(stall_at), "1000"]
        with mcp_peers.printing_its_port(command) as (port, _), Lateness() as lateness:
            found, done = measured(folder, f"http://127.0.0.1:{port}/mcp", "--tool", "wait", "--rate", rate, "--clients", "200",
                                   "--duration", f"{seconds}s", "--warmup", "0", "--metrics", "none")
        quiet |= lateness.p90() < 1
        if not found or found["steps"][0]["ok"] != rate * seconds:
            check(name, False, f"exit {done.returncode}: {done.stderr} {json.dumps(found)[:800]}")
            return
        latency = found["steps"][0]["latency_ms"]
        pairs = [(latency[point], scripted_mcp.percentile(expected, float(point[1:]))) for point in ("p50", "p90", "p95", "p99")]
        pairs += [(latency["avg"], sum(expected) / len(expected)), (latency["max"], max(expected))]
        off = max(abs(got - true) / true for got, true in pairs)
        if worst is None or off < worst:
            worst, figures = off, f"{off:.2%} off at most: (measured, true) {pairs}"
        if worst < 0.01:
            break
    if worst >= 0.01 and not quiet:
        result(name, "skipped", f"no thread wakes within 1 ms here: the machine is too busy to time anything ({figures})")
        return
    check(name, worst < 0.01, figures)


def refused_and_gone(folder):
    with mcp_peers.printing_its_port([*SCRIPTED, "5", "--refuse-every", "4"]) as (port, _):
        found, _ = measured(folder, f"http://127.0.0.1:{port}/mcp", "--tool", "wait", "--clients", "8", "--duration", "600ms",
                             "--warmup", "0")
        step = found["steps"][0]
        check("bench/what is refused is counted and timed apart",
              step["refused"] > 0 and step["failed"] == 0 and step["errors"][0]["kind"] == "HTTP 503" and step["advice"] == "scale_out"
              and step["latency_ms"]["min"] >= 4.9 and step["refused_latency_ms"]["min"] < 4.9
              and abs(step["error_rate"] - 25) < 6, json.dumps(step)[:900])
    with mcp_peers.printing_its_port([*SCRIPTED, "1", "--die-after", "300"]) as (port, _):
        found, done = measured(folder, f"http://127.0.0.1:{port}/mcp", "--tool", "wait", "--clients", "4,8", "--duration", "200ms",
                               "--warmup", "0", "--rounds", "1000")
        check("bench/a server that dies leaves a partial result",
              done.returncode == 7 and not found["complete"] and "no correct answer at " in found["why_partial"]
              and found["steps"][0]["ok"] > 0 and any(step["failed"] > 0 for step in found["steps"]),
              f"exit {done.returncode}: {done.stderr} {json.dumps(found)[:600]}")


def run(folder):
    ours(folder)
    others(folder)
    against_the_truth(folder)
    refused_and_gone(folder)
    shown = bench("--help")
    check("bench/--help documents the exit codes", shown.returncode == 0 and re.search(r"Exit codes: 0 .* 8 ", shown.stdout, re.S),
          shown.stdout[-800:] + shown.stderr)
