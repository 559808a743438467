#!/usr/bin/env python3
"""A cache hit over HTTP keep-alive, 100 connections: beside nginx returning the same bytes, and DBHub over SQLite.

Ours is the whole server as it is deployed: guard, metrics, rate limit and cache on, and `execute_query` of the embedded database; after
the first call each answer comes from the cache. DBHub (npm @bytebase/dbhub, the fastest MCP server for SQL in a registry that we found) runs
the same statement on the same number of rows. One load generator (wrk), one run, the servers in turn, several rounds; printed are the
median rate, the CPU time of a server's processes a request and the ratios round by round. Nothing is asserted: machines differ.

    bench/cache_hit.py [--seconds 5] [--rounds 3] [--rows 1] [--without dbhub]
"""
import argparse
import json
import os
import socket
import sqlite3
import statistics
import subprocess
import tempfile
import time
import urllib.request

from http_rate import ROOT, Server, free_port, nginx, wrk
from mcp_crowd import REVISION, snowflake_mcp

NODE = f"{ROOT}/third_party/.downloads/node/bin"
PEER = f"{ROOT}/bench/peers/dbhub"
META = {"io.modelcontextprotocol/protocolVersion": REVISION, "io.modelcontextprotocol/clientInfo": {"name": "bench", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {}}
HEADERS = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream", "MCP-Protocol-Version": REVISION,
           "Mcp-Method": "tools/call", "Mcp-Name": "execute_query"}
SETTINGS = {"ENABLE_RATE_LIMITING": "true", "RATE_LIMIT_REQUESTS_PER_MINUTE": "1000000", "RATE_LIMIT_BURST_SIZE": "1000000",
            "CACHE_TTL_SECONDS": "3600"}


def call(tool, arguments, meta=None):
    params = {"name": tool, "arguments": arguments, **({"_meta": meta} if meta else {})}
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}, separators=(",", ":"))


class Asked:
    """A server, and what it is asked."""

    def __init__(self, server, body, headers, folder):
        self.server, self.body, self.headers = server, body, headers
        self.script = os.path.join(folder, f"{server.name.split()[0]}.lua")
        with open(self.script, "w", encoding="utf-8") as lua:
            lua.write(f'wrk.method = "POST"\nwrk.body = [==[{body}]==]\n')
            lua.writelines(f'wrk.headers["{name}"] = "{value}"\n' for name, value in headers.items())

    def ask(self):
        request = urllib.request.Request(self.server.url(), self.body.encode(), self.headers)
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.read().decode()

    def load(self, seconds):
        return wrk(self.server, seconds, self.script)


class Ours(Server):
    """A running snowflake-mcp by the interface of `Server`."""

    def __init__(self, process, port):  # noqa: the parent's would start one
        self.name, self.process, self.port = "snowflake-mcp, cache hit", process, port

    def stop(self):
        pass


def dbhub(folder):
    subprocess.run(["npm", "ci", "--silent", "--omit=optional", "--ignore-scripts"], cwd=PEER, check=True,
                   env={**os.environ, "PATH": f"{NODE}:{os.environ['PATH']}"})
    path = os.path.join(folder, "numbers.sqlite")
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE numbers(n INTEGER, name TEXT)")
        database.executemany("INSERT INTO numbers VALUES (?, ?)", [(n, f"name {n}") for n in range(1, 1001)])
    port = free_port()
    server = Server("DBHub over SQLite", [f"{NODE}/node", f"{PEER}/node_modules/@bytebase/dbhub/dist/index.js", "--transport", "http", "--host",
                                          "127.0.0.1", "--port", str(port), "--dsn", f"sqlite://{path}"], cwd=folder, port=port)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return server
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("DBHub does not listen")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rows", type=int, default=1, help="of the answer")
    parser.add_argument("--without", default="", help="peers to leave out: dbhub")
    options = parser.parse_args()
    ours_sql = f"SELECT SEQ4() + 1 AS N, 'name ' || (SEQ4() + 1) AS NAME FROM TABLE(GENERATOR(ROWCOUNT => {options.rows}))"
    if options.rows == 1:
        ours_sql = "SELECT 1 AS N, 'name 1' AS NAME"

    with tempfile.TemporaryDirectory() as folder, snowflake_mcp(**SETTINGS) as (process, port):
        ours = Asked(Ours(process, port), call("execute_query", {"query": ours_sql, "limit": options.rows}, META), HEADERS, folder)
        ours.ask()
        reply = ours.ask()
        assert json.loads(reply)["result"]["_meta"]["snowflake-mcp/cache"]["status"] == "hit", reply
        asked = [ours]
        started = []
        try:
            started.append(nginx(reply, folder))
            asked.append(Asked(started[-1], ours.body, HEADERS, folder))
            if "dbhub" not in options.without:
                started.append(dbhub(folder))
                headers = {name: HEADERS[name] for name in ("Content-Type", "Accept")}
                body = call("execute_sql", {"sql": f"SELECT n, name FROM numbers WHERE n <= {options.rows}"})
                asked.append(Asked(started[-1], body, headers, folder))
                assert "name 1" in asked[-1].ask()
            figures = {one.server.name: [] for one in asked}
            for one in asked:
                one.load(1)  # warm-up
            for _ in range(options.rounds):
                for one in asked:
                    figures[one.server.name].append(one.load(options.seconds))
        finally:
            for server in started:
                server.stop()

    print(f"tools/call, answer of {len(reply)} bytes ({options.rows} rows), 100 keep-alive connections, {options.rounds} rounds of "
          f"{options.seconds} s, {os.cpu_count()} CPUs shared with the load generator")
    print(f"{'server':26} {'requests/s':>12} {'of nginx':>9} {'CPU us/request':>15} {'CPU of ours':>12}")
    for name, rounds in figures.items():
        ratio = statistics.median(mine[0] / base[0] for mine, base in zip(rounds, figures["nginx"]))
        cpu = statistics.median(mine[1] / base[1] for mine, base in zip(rounds, figures[ours.server.name]))
        print(f"{name:26} {statistics.median(r[0] for r in rounds):12.0f} {ratio:9.2f} {statistics.median(r[1] for r in rounds):15.1f} "
              f"{cpu:12.1f}")


if __name__ == "__main__":
    main()
