#!/usr/bin/env python3
"""`snowflake-mcp bench` beside wrk and vegeta, in the same run, and against servers that others wrote.

    bench/load_generator.py [--seconds 5] [--rounds 5] [--without vegeta,dbhub,rust,typescript]

1. Rate: nginx with a canned MCP answer, 100 connections; wrk, ours and wrk again in turn. Ours checks every answer. Printed: the
   median ratio of the rates round by round, and the CPU time each generator spends on a request.
2. Percentiles: a server whose delays are scripted, with a stall of one second, at a fixed rate: ours, vegeta and the computed
   truth. (vegeta counts from when it sends; where it has connections enough that is when the call was due.)
3. Servers of others: rmcp, the TypeScript, Python and Go SDKs, DBHub: 50 clients, beside wrk where that can ask without a session.

Nothing is asserted: machines differ. vegeta is built by `go install` into a temporary folder.
"""
import argparse
import json
import os
import pathlib
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "bench")]
from support import mcp_peers, scripted_mcp  # noqa: E402

PROGRAM = pathlib.Path(os.environ.get("TEST_BUILD_DIR", ROOT / "build" / "release")) / "snowflake-mcp"
VEGETA = "github.com/tsenart/vegeta/v12@v12.13.0"


def timed(command, **more):
    """(what it printed, CPU seconds it used)"""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, **more)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        print(f"  {pathlib.Path(str(command[0])).name}: exit {done.returncode}: {done.stderr[-400:]}", file=sys.stderr)
    return done.stdout, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def ours(url, *arguments):
    text, cpu = timed([PROGRAM, "bench", url, "--json", "-", "--quiet", *arguments])
    return json.loads(text)["steps"][0], cpu


def wrk(url, seconds, script, connections, threads=2):
    text, cpu = timed(["wrk", f"-t{threads}", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", script, url])
    found = {name: float(value) for name, value in re.findall(r"^\s+(50|75|90|99)%\s+([\d.]+)ms", text, re.M)}
    count = int(re.search(r"(\d+) requests in", text).group(1))
    return float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1)), cpu / max(1, count) * 1e6, found, "Non-2xx" in text


def rates(options, folder):
    script = mcp_peers.wrk_script(folder)
    rows = []
    with mcp_peers.canned() as server:
        arguments = ["--tool", "fixed_text", "--id", "1", "--clients", "100", "--warmup", "0", "--metrics", "none",
                     "--duration", f"{options.seconds}s"]
        wrk(server.url, 1, script, 100)
        for _ in range(options.rounds):
            first = wrk(server.url, options.seconds, script, 100)
            step, cpu = ours(server.url, *arguments)
            second = wrk(server.url, options.seconds, script, 100)
            base = (first[0] + second[0]) / 2
            rows.append((step["requests_per_second"], base, step["requests_per_second"] / base,
                         cpu / max(1, step["requests"]) * 1e6, (first[1] + second[1]) / 2, step["failed"] + step["refused"]))
    print("1. nginx, canned answer, 100 connections (rate and CPU time of the generator a request)")
    print(f"   ours {statistics.median(r[0] for r in rows):.0f}/s, {statistics.median(r[3] for r in rows):.2f} us; "
          f"wrk {statistics.median(r[1] for r in rows):.0f}/s, {statistics.median(r[4] for r in rows):.2f} us; "
          f"ratio {statistics.median(r[2] for r in rows):.2f} (from {min(r[2] for r in rows):.2f} to {max(r[2] for r in rows):.2f}); "
          f"answers that were not correct: {sum(r[5] for r in rows)}")


def build_vegeta(folder):
    environment = {**os.environ, "GOBIN": folder, "GOFLAGS": "-mod=mod"}
    done = subprocess.run(["go", "install", VEGETA], env=environment, capture_output=True, text=True)
    if done.returncode:
        print(f"  vegeta cannot be built: {done.stderr[-300:]}", file=sys.stderr)
        return None
    return pathlib.Path(folder) / "vegeta"


def vegeta_run(vegeta, folder, port, rate, seconds):
    body = pathlib.Path(folder) / "body.json"
    body.write_text(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "wait", "arguments": {}}}))
    targets = pathlib.Path(folder) / "targets"
    targets.write_text(f"POST http://127.0.0.1:{port}/mcp\nContent-Type: application/json\n@{body}\n")
    raw, _ = timed([vegeta, "attack", "-rate", str(rate), "-duration", f"{seconds}s", "-targets", targets, "-output",
                    pathlib.Path(folder) / "raw.bin", "-max-workers", "2000"])
    text, _ = timed([vegeta, "report", "-type", "json", pathlib.Path(folder) / "raw.bin"])
    found = json.loads(text)["latencies"]
    return {"avg": found["mean"] / 1e6, **{name: found[key] / 1e6 for name, key in
            (("p50", "50th"), ("p90", "90th"), ("p95", "95th"), ("p99", "99th"), ("max", "max"))}}


def percentiles(options, folder):
    vegeta = None if "vegeta" in options.without or not shutil.which("go") else build_vegeta(folder)
    delays, rate, seconds, stall_at = [20, 50, 80, 120, 200], 200, 10, 700
    expected = scripted_mcp.truth(delays, rate, rate * seconds, stall_at, 1000)
    names = ("avg", "p50", "p90", "p95", "p99", "max")
    truth = {name: scripted_mcp.percentile(expected, float(name[1:])) for name in names[1:-1]}
    truth |= {"avg": statistics.mean(expected), "max": max(expected)}
    command = [sys.executable, ROOT / "tests/support/scripted_mcp.py", ",".join(map(str, delays)), str(stall_at), "1000"]
    found = {"truth": truth}
    with mcp_peers.printing_its_port(command) as (port, _):
        step, _ = ours(f"http://127.0.0.1:{port}/mcp", "--tool", "wait", "--rate", str(rate), "--clients", "400", "--duration",
                       f"{seconds}s", "--warmup", "0", "--metrics", "none")
        found["ours"] = step["latency_ms"]
    if vegeta:
        with mcp_peers.printing_its_port(command) as (port, _):
            found["vegeta"] = vegeta_run(vegeta, folder, port, rate, seconds)
    print(f"2. scripted delays {delays} ms and a stall of 1 s, {rate} calls/s for {seconds} s (ms)")
    for who, figures in found.items():
        off = max(abs(figures[name] - truth[name]) / truth[name] for name in names)
        print(f"   {who:7}" + "".join(f" {name} {figures[name]:8.2f}" for name in names) + f"   off by {off:.2%} at most")


def others(options, folder):
    script = mcp_peers.wrk_script(folder)
    print("3. servers of others, 50 connections, closed loop")

    def show(name, url, *arguments, with_wrk=True):
        step, _ = ours(url, "--clients", "50", "--warmup", "500ms", "--duration", f"{options.seconds}s", *arguments)
        line = (f"   {name:16} ours {step['requests_per_second']:9.0f}/s p50 {step['latency_ms']['p50']:7.2f} p99 "
                f"{step['latency_ms']['p99']:7.2f} ms, errors {step['error_rate']:.2f} %, CPU {step['cpu_usage']} %")
        if with_wrk:
            rate, _, found, bad = wrk(url, options.seconds, script, 50)
            line += f"; wrk {rate:9.0f}/s p50 {found.get('50', 0):7.2f} p99 {found.get('99', 0):7.2f} ms{' (errors)' if bad else ''}"
        print(line)

    if "rust" not in options.without:
        subprocess.run(["cargo", "build", "--release", "--locked", "-q"], cwd=ROOT / "bench/peers/rust", check=True)
        with mcp_peers.printing_its_port([ROOT / "bench/peers/rust/target/release/rmcp-peer"]) as (port, _):
            show("rmcp", f"http://127.0.0.1:{port}/mcp", "--tool", "fixed_text")
    if "typescript" not in options.without:
        subprocess.run(["npm", "ci", "--silent"], cwd=ROOT / "bench/peers/typescript", check=True)
        with mcp_peers.printing_its_port(["node", ROOT / "bench/peers/typescript/server.mjs"]) as (port, _):
            show("TypeScript SDK", f"http://127.0.0.1:{port}/mcp", "--tool", "fixed_text")
    with mcp_peers.printing_its_port(mcp_peers.python_command("json")) as (port, _):
        show("Python SDK", f"http://127.0.0.1:{port}/mcp", "--tool", "echo", "--arguments", '{"text":"hi"}', "--expect",
             "you said hi", with_wrk=False)
    go = mcp_peers.go_command(folder)
    if go:
        with mcp_peers.printing_its_port(go) as (port, _):
            show("Go SDK", f"http://127.0.0.1:{port}/mcp", "--tool", "echo", "--arguments", '{"text":"hi"}', "--expect",
                 "you said hi", with_wrk=False)
    if "dbhub" not in options.without:
        import cache_hit

        server = cache_hit.dbhub(folder)
        try:
            show("DBHub", server.url(), "--tool", "execute_sql", "--arguments", '{"sql":"SELECT 1 AS one"}', "--expect", "one",
                 with_wrk=False)
        finally:
            server.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--without", default="", help="to leave out: rates,percentiles,others,vegeta,dbhub,rust,typescript")
    options = parser.parse_args()
    options.without = set(filter(None, options.without.split(",")))
    with tempfile.TemporaryDirectory() as folder:
        for name, part in (("rates", rates), ("percentiles", percentiles), ("others", others)):
            if name not in options.without:
                part(options, folder)


if __name__ == "__main__":
    main()
