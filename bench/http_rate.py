#!/usr/bin/env python3
"""tools/call of a trivial tool over HTTP keep-alive: ours beside nginx returning the same bytes and the official SDKs.

One load generator (wrk, 100 connections), one run, the servers in turn, several rounds; printed are the median rate, the CPU time
of the server's processes a request, and the ratio to nginx round by round. Nothing is asserted: machines differ.

    bench/http_rate.py [--seconds 5] [--rounds 3] [--without rust,typescript]
"""
import argparse
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": {"name": "bench", "version": "1"},
    "io.modelcontextprotocol/clientCapabilities": {},
}
BODY = json.dumps(
    {"jsonrpc": "2.0", "id": 1, "method": "tools/call",
     "params": {"name": "fixed_text", "arguments": {}, "_meta": META}}, separators=(",", ":"))
HEADERS = {
    "Content-Type": "application/json",
    "Accept": "application/json, text/event-stream",
    "MCP-Protocol-Version": "2026-07-28",
    "Mcp-Method": "tools/call",
    "Mcp-Name": "fixed_text",
}


class Server:
    """A process that prints its port on its first line."""

    def __init__(self, name, command, cwd=ROOT, port=None):
        self.name = name
        self.process = subprocess.Popen(command, cwd=cwd, stdout=subprocess.PIPE, text=True, start_new_session=True)
        self.port = port or int(re.search(r"\d+", self.process.stdout.readline()).group())

    def url(self):
        return f"http://127.0.0.1:{self.port}/mcp"

    def ask(self):
        request = urllib.request.Request(self.url(), BODY.encode(), HEADERS)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.read().decode()

    def cpu_seconds(self):
        """Of the process and its children (nginx's workers)."""
        total, ticks = 0, os.sysconf("SC_CLK_TCK")
        for entry in os.listdir("/proc"):
            if not entry.isdigit():
                continue
            try:
                with open(f"/proc/{entry}/stat") as stat:
                    fields = stat.read().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if int(entry) == self.process.pid or int(fields[1]) == self.process.pid:
                total += int(fields[11]) + int(fields[12])
        return total / ticks

    def stop(self):
        os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def free_port():
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def nginx(reply, folder):
    port = free_port()
    quoted = reply.replace("\\", "\\\\").replace("'", "\\'").replace("$", "${dollar}")
    with open(os.path.join(folder, "nginx.conf"), "w") as conf:
        conf.write(f"""
worker_processes {os.cpu_count()};
daemon off;
error_log stderr crit;
pid {folder}/nginx.pid;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    keepalive_requests 1000000000;
    client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
    uwsgi_temp_path {folder}; scgi_temp_path {folder};
    geo $dollar {{ default "$"; }}
    server {{
        listen 127.0.0.1:{port} backlog=1024;
        location = /mcp {{ default_type application/json; return 200 '{quoted}'; }}
    }}
}}
""")
    return Server("nginx", ["nginx", "-c", os.path.join(folder, "nginx.conf"), "-p", folder], port=port)


def wrk(server, seconds, script, connections=100):
    before = server.cpu_seconds()
    run = subprocess.run(["wrk", "-t2", f"-c{connections}", f"-d{seconds}s", "-s", script, server.url()],
                         capture_output=True, text=True, check=True)
    cpu = server.cpu_seconds() - before
    count = int(re.search(r"(\d+) requests in", run.stdout).group(1))
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", run.stdout).group(1))
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", run.stdout)
    errors = re.search(r"Socket errors: (.*)", run.stdout)
    if bad or errors:
        print(f"  {server.name}: {bad.group(0) if bad else ''} {errors.group(0) if errors else ''}", file=sys.stderr)
    return rate, cpu / count * 1e6


def build_peers(without):
    if "rust" not in without:
        subprocess.run(["cargo", "build", "--release", "--locked", "-q"], cwd=f"{ROOT}/bench/peers/rust", check=True)
    if "typescript" not in without:
        subprocess.run(["npm", "ci", "--silent"], cwd=f"{ROOT}/bench/peers/typescript", check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--without", default="", help="peers to leave out: rust,typescript")
    options = parser.parse_args()
    without = set(filter(None, options.without.split(",")))
    build_peers(without)

    with tempfile.TemporaryDirectory() as folder:
        script = os.path.join(folder, "post.lua")
        with open(script, "w") as lua:
            lua.write(f'wrk.method = "POST"\nwrk.body = [==[{BODY}]==]\n')
            lua.writelines(f'wrk.headers["{name}"] = "{value}"\n' for name, value in HEADERS.items())

        servers = [Server("snowflake-mcp library", [f"{ROOT}/build/release/mcp-trivial-server", "--port", "0"])]
        try:
            reply = servers[0].ask()
            assert json.loads(reply)["result"]["content"][0]["type"] == "text", reply
            servers.append(nginx(reply, folder))
            if "rust" not in without:
                servers.append(Server("rmcp (Rust SDK)", [f"{ROOT}/bench/peers/rust/target/release/rmcp-peer"]))
            if "typescript" not in without:
                servers.append(Server("TypeScript SDK", ["node", "server.mjs"], cwd=f"{ROOT}/bench/peers/typescript"))
            figures = {server.name: [] for server in servers}
            for server in servers:
                wrk(server, 1, script)  # warm-up
            for _ in range(options.rounds):
                for server in servers:
                    figures[server.name].append(wrk(server, options.seconds, script))
        finally:
            for server in servers:
                server.stop()

    print(f"tools/call, answer of {len(reply)} bytes, 100 keep-alive connections, {options.rounds} rounds of "
          f"{options.seconds} s, {os.cpu_count()} CPUs shared with the load generator")
    print(f"{'server':24} {'requests/s':>12} {'of nginx':>9} {'CPU us/request':>15}")
    for name, rounds in figures.items():
        ratio = statistics.median(mine[0] / base[0] for mine, base in zip(rounds, figures["nginx"]))
        print(f"{name:24} {statistics.median(r[0] for r in rounds):12.0f} {ratio:9.2f} "
              f"{statistics.median(r[1] for r in rounds):15.1f}")


if __name__ == "__main__":
    main()
