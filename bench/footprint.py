#!/usr/bin/env python3
"""How quickly the server starts and how little it holds: first answer on stdio, memory after start, idle connections, abandoned sessions.

    bench/footprint.py [--program build/release/snowflake-mcp] [--connections 1000] [--sessions 10000]
"""
import argparse
import http.client
import json
import os
import re
import resource
import signal
import socket
import statistics
import subprocess
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
INITIALIZE = json.dumps({
    "jsonrpc": "2.0", "id": 1, "method": "initialize",
    "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "footprint", "version": "1"}},
})
MODES = {
    # Nothing is sent anywhere before a tool is called, so any account will do.
    "Snowflake": {"SNOWFLAKE_ACCOUNT": "bench-account", "SNOWFLAKE_USER": "bench", "SNOWFLAKE_PASSWORD": "unused",
                  "SNOWFLAKE_HOST": "127.0.0.1"},
    "embedded": {},
}


def environment(mode):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SNOWFLAKE_")}
    return {**kept, **MODES[mode], "LOG_LEVEL": "error", "DRAIN_DELAY_SECONDS": "0"}


def resident_kb(pid):
    with open(f"/proc/{pid}/status") as status:
        return int(re.search(r"VmRSS:\s+(\d+)", status.read()).group(1))


def first_answer(program, mode):
    """Milliseconds from exec to the first answer, and resident KB then."""
    begin = time.perf_counter()
    server = subprocess.Popen([program, "stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              text=True, env=environment(mode), cwd=ROOT)
    server.stdin.write(INITIALIZE + "\n")
    server.stdin.flush()
    answer = json.loads(server.stdout.readline())
    elapsed = (time.perf_counter() - begin) * 1000
    assert "result" in answer, answer
    memory = resident_kb(server.pid)
    server.stdin.close()
    server.wait(30)
    return elapsed, memory


class Serving:
    def __init__(self, program, mode):
        self.process = subprocess.Popen(
            [program, "serve", "--port", "0", "--metrics-port", "0", "--set", "MAX_CONNECTIONS=20000"],
            stderr=subprocess.PIPE, text=True, env={**environment(mode), "LOG_LEVEL": "info"}, cwd=ROOT)
        for line in self.process.stderr:
            if found := re.search(r"http://127\.0\.0\.1:(\d+)/mcp", line):
                self.port = int(found.group(1))
                return
        raise SystemExit("the server did not say where it listens")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)


def idle_connections(server, count):
    """Resident bytes that each idle keep-alive connection adds, after it asked once."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, count + 100)), hard))
    before = resident_kb(server.process.pid)
    connections = []
    for _ in range(count):
        connection = socket.create_connection(("127.0.0.1", server.port))
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        connection.recv(4096)
        connections.append(connection)
    time.sleep(1)
    added = (resident_kb(server.process.pid) - before) * 1024 / count
    for connection in connections:
        connection.close()
    return added


def abandoned_sessions(server, count):
    """Resident KB that so many initialized and never used sessions leave."""
    def initialize(times):
        client = http.client.HTTPConnection("127.0.0.1", server.port)
        for _ in range(times):
            client.request("POST", "/mcp", INITIALIZE, {"Content-Type": "application/json",
                                                        "Accept": "application/json, text/event-stream"})
            answer = client.getresponse()
            answer.read()
            assert answer.status == 200 and answer.getheader("Mcp-Session-Id"), answer.status
        client.close()

    initialize(count // 10)  # what is allocated once
    before = resident_kb(server.process.pid)
    initialize(count)
    return resident_kb(server.process.pid) - before


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default=f"{ROOT}/build/release/snowflake-mcp")
    parser.add_argument("--connections", type=int, default=1000)
    parser.add_argument("--sessions", type=int, default=10000)
    options = parser.parse_args()
    for mode in MODES:
        runs = [first_answer(options.program, mode) for _ in range(6)][1:]
        print(f"stdio, {mode} mode: first answer {statistics.median(r[0] for r in runs):.0f} ms after exec, "
              f"{statistics.median(r[1] for r in runs) / 1024:.1f} MB resident (median of {len(runs)})")
    server = Serving(options.program, "embedded")
    try:
        print(f"idle connection: {idle_connections(server, options.connections) / 1024:.1f} KB each "
              f"({options.connections} of them)")
        print(f"abandoned sessions: {abandoned_sessions(server, options.sessions)} KB for {options.sessions}")
    finally:
        server.stop()


if __name__ == "__main__":
    main()
