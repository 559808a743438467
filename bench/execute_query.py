#!/usr/bin/env python3
"""execute_query of SELECT 42 on the embedded backend, beside DuckDB's C API in a bare loop with as many threads.

Two levels, each in turns with the bare loop, round by round: a session of the backend (no HTTP, no MCP), and the whole server over
HTTP keep-alive (wrk). "Threads" are those that execute SQL: CONNECTION_POOL_MAX_SIZE of the server, whose workers come on top.
Printed are medians: statements a second, their ratio to the bare loop, the CPU time of the process a statement, and the bare loop's
CPU time divided by it. wrk takes CPU time of its own, which the bare loop does not: where they share the cores, the second ratio is
the server's. "new" texts: no statement comes twice, so that every one is planned. Nothing is asserted: machines differ.

    bench/execute_query.py [--threads 1,2,4] [--rounds 5] [--milliseconds 1000] [--build build/release]
"""
import argparse
import json
import os
import re
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
HEADERS = {
    "Content-Type": "application/json",
    "Accept": "application/json, text/event-stream",
    "MCP-Protocol-Version": "2026-07-28",
    "Mcp-Method": "tools/call",
    "Mcp-Name": "execute_query",
}
CONNECTIONS_A_THREAD = 4  # so that a thread which executes SQL never waits for the next request


def body(query):
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
                       "params": {"name": "execute_query", "arguments": {"query": query}, "_meta": META}},
                      separators=(",", ":"))


def bare_round(options, threads, new_texts):
    command = [f"{options.build}/bench/embedded-rate", "--bare-only", "--threads", str(threads), "--rounds", "1",
               "--milliseconds", str(options.milliseconds)] + (["--new-texts"] if new_texts else [])
    figures = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return figures["rate"][0], figures["cpu_us"][0]


def session_rounds(options, threads, new_texts):
    """[(bare, session), ...], each (rate, CPU us)."""
    command = [f"{options.build}/bench/embedded-rate", "--threads", str(threads), "--rounds", str(options.rounds),
               "--milliseconds", str(options.milliseconds)] + (["--new-texts"] if new_texts else [])
    lines = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout.splitlines()
    kinds = {figures["kind"]: list(zip(figures["rate"], figures["cpu_us"])) for figures in map(json.loads, lines)}
    return list(zip(kinds["bare"], kinds["session"]))


class Server:
    def __init__(self, options, threads, folder):
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("SNOWFLAKE_", "EMBEDDED_"))}
        settings = {"LOG_LEVEL": "error", "DRAIN_DELAY_SECONDS": "0", "MAX_KEEP_ALIVE_REQUESTS": "1000000000",
                    # The statement runs each time.
                    "ENABLE_QUERY_CACHING": "false", "ENABLE_QUERY_COALESCING": "false",
                    "CONNECTION_POOL_MIN_SIZE": str(threads), "CONNECTION_POOL_MAX_SIZE": str(threads)}
        self.process = subprocess.Popen(
            [f"{options.build}/snowflake-mcp", "serve", "--port", "0", "--metrics-port", "0"], cwd=folder,
            env={**kept, **settings}, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        self.url = self.find()

    def find(self):
        """The one of its listening sockets that answers the question."""
        sys.path.insert(0, f"{ROOT}/scripts")
        from first_question import Gone, listening, reachable
        while self.process.poll() is None:
            try:
                found = listening(self.process.pid)
            except Gone:
                continue
            for host, port in found:
                url = f"http://{reachable(host)}:{port}/mcp"
                try:
                    with urllib.request.urlopen(urllib.request.Request(url, body("SELECT 42").encode(), HEADERS)) as answer:
                        result = json.loads(answer.read())["result"]
                except OSError:
                    continue
                assert result["structuredContent"]["rows"] == [[42]], result
                return url
        raise SystemExit(f"the server ended with {self.process.returncode}")

    def cpu_seconds(self):
        with open(f"/proc/{self.process.pid}/stat") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def round(self, options, threads, script):
        before = self.cpu_seconds()
        run = subprocess.run(
            ["wrk", "-t1", f"-c{threads * CONNECTIONS_A_THREAD}", f"-d{max(1, options.milliseconds // 1000)}s", "-s", script,
             self.url], capture_output=True, text=True, check=True)
        count = int(re.search(r"(\d+) requests in", run.stdout).group(1))
        if trouble := re.search(r"(Non-2xx|Socket errors).*|refused: [1-9]\d*", run.stdout):
            raise SystemExit(f"answers that count for nothing: {trouble.group(0)}")
        return (float(re.search(r"Requests/sec:\s+([\d.]+)", run.stdout).group(1)),
                (self.cpu_seconds() - before) / count * 1e6)

    def stop(self):
        self.process.terminate()
        self.process.wait(30)


def write_script(path, new_texts):
    """The request, and a count of the answers that are tool errors."""
    query = "SELECT 1@" if new_texts else "SELECT 42"
    head, tail = body(query).split("@") if new_texts else (body(query), "")
    with open(path, "w") as lua:
        lua.write('wrk.method = "POST"\n')
        lua.writelines(f'wrk.headers["{name}"] = "{value}"\n' for name, value in HEADERS.items())
        if new_texts:
            lua.write("local n = os.time() * 1000000\nfunction request()\n  n = n + 1\n"
                      f"  return wrk.format(nil, nil, nil, [==[{head}]==] .. string.format('%.0f', n) .. [==[{tail}]==])\nend\n")
        else:
            lua.write(f"wrk.body = [==[{head}]==]\n")
        lua.write("refused = 0\nlocal all = {}\nfunction setup(thread) table.insert(all, thread) end\n"
                  "function response(status, headers, text)\n"
                  "  if text:find('\"isError\":true', 1, true) then refused = refused + 1 end\nend\n"
                  "function done()\n  local sum = 0\n  for _, thread in ipairs(all) do sum = sum + thread:get('refused') end\n"
                  "  print('refused: ' .. sum)\nend\n")


def http_rounds(options, threads, new_texts):
    with tempfile.TemporaryDirectory() as folder:
        script = os.path.join(folder, "post.lua")
        write_script(script, new_texts)
        server = Server(options, threads, folder)
        try:
            server.round(options, threads, script)  # warm-up
            return [(bare_round(options, threads, new_texts), server.round(options, threads, script))
                    for _ in range(options.rounds)]
        finally:
            server.stop()


def line(level, threads, new_texts, rounds):
    bare_rate, bare_cpu, our_rate, our_cpu = (statistics.median(pair[side][what] for pair in rounds)
                                              for side, what in ((0, 0), (0, 1), (1, 0), (1, 1)))
    rate_ratio = statistics.median(ours[0] / bare[0] for bare, ours in rounds)
    cpu_ratio = statistics.median(bare[1] / ours[1] for bare, ours in rounds)
    print(f"{level:14} {threads:7} {'new' if new_texts else 'same':>6} {bare_rate:9.0f} {our_rate:9.0f} {rate_ratio:7.2f} "
          f"{bare_cpu:9.1f} {our_cpu:9.1f} {cpu_ratio:7.2f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", default="1,2,4", help="threads that execute SQL")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--milliseconds", type=int, default=1000, help="of a round; whole seconds over HTTP")
    parser.add_argument("--build", default=f"{ROOT}/build/release")
    options = parser.parse_args()
    options.build = os.path.abspath(options.build)
    print(f"SELECT 42, {options.rounds} rounds of {options.milliseconds} ms, {os.cpu_count()} CPUs; over HTTP shared with the "
          f"load generator")
    print(f"{'level':14} {'threads':>7} {'texts':>6} {'bare/s':>9} {'ours/s':>9} {'ratio':>7} {'bare us':>9} {'ours us':>9} "
          f"{'ratio':>7}")
    for level, measure in (("session", session_rounds), ("execute_query", http_rounds)):
        for new_texts in (False, True):
            for threads in map(int, options.threads.split(",")):
                line(level, threads, new_texts, measure(options, threads, new_texts))


if __name__ == "__main__":
    main()
