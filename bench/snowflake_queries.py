#!/usr/bin/env python3
"""SELECT 1 through our pool and client beside Snowflake's Go and Python drivers, 16 in flight, against a server that answers at once.

One run, the clients in turn, several rounds: the median of CPU time a query, of the rate and of the peak memory, and the ratios to the Go
driver round by round. Nothing is asserted: machines differ.

    bench/snowflake_queries.py [--seconds 4] [--rounds 3] [--flight 16]
"""
import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import tempfile

from snowflake_server import canned_snowflake

ROOT = pathlib.Path(__file__).resolve().parent.parent
DOWNLOADS = ROOT / "third_party" / ".downloads"
OURS = ROOT / "build" / "release" / "bench" / "snowflake-rate"


def go_peer():
    go = shutil.which("go")
    if go is None:
        return None
    binary = ROOT / "build" / "go-snowflake"
    subprocess.run([go, "build", "-mod=readonly", "-o", binary, "."], cwd=ROOT / "bench" / "peers" / "go-snowflake", check=True)
    return [binary]


def clients():
    peer = ROOT / "bench" / "peers" / "python_snowflake.py"
    found = {"ours": [OURS] if OURS.exists() else None, "go": go_peer()}
    for name, venv in (("python-4", "venv-snowflake"), ("python-5", "venv-snowflake-5")):
        python = DOWNLOADS / venv / "bin" / "python"
        found[name] = [python, peer] if python.exists() else None
    return {name: command for name, command in found.items() if command}


def measured(command, port, options, home):
    environment = {"PATH": os.environ["PATH"], "HOME": home, "SNOWFLAKE_DISABLE_PLATFORM_DETECTION": "true"}
    done = subprocess.run([str(part) for part in [*command, port, options.flight, options.seconds]], capture_output=True, text=True,
                          env=environment, check=False)
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if not lines:
        raise SystemExit(f"{command[0]} measured nothing:\n{done.stdout}{done.stderr}")
    return json.loads(lines[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--flight", type=int, default=16)
    options = parser.parse_args()
    runs = {name: [] for name in clients()}
    with canned_snowflake() as port, tempfile.TemporaryDirectory() as home:
        for _ in range(options.rounds):
            for name, command in clients().items():
                runs[name].append(measured(command, port, options, home))
    print(f"{'client':10} {'CPU a query':>12} {'queries/s':>10} {'peak MB':>8} {'CPU to Go':>10} {'rate to Go':>11}")
    for name, all_of in runs.items():
        cpu = statistics.median(run["cpu_us"] for run in all_of)
        rate = statistics.median(run["queries"] / run["seconds"] for run in all_of)
        peak = statistics.median(run["peak_mb"] for run in all_of)
        ratios = [("-", "-")]
        if "go" in runs:
            pairs = list(zip(all_of, runs["go"]))
            ratios = [(f"{statistics.median(one['cpu_us'] / go['cpu_us'] for one, go in pairs):.2f}",
                       f"{statistics.median(one['queries'] / one['seconds'] / (go['queries'] / go['seconds']) for one, go in pairs):.2f}")]
        print(f"{name:10} {cpu:9.0f} us {rate:10.0f} {peak:8.1f} {ratios[0][0]:>10} {ratios[0][1]:>11}")


if __name__ == "__main__":
    main()
