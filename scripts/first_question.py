#!/usr/bin/env python3
"""Asks the server that ./run has just started one real question over MCP, and says how to connect to it.

The server is found by its process id: its listening sockets are read from /proc, so a server of somebody else on the
same port is never mistaken for it. Standard library only.
"""

import argparse
import getpass
import http.client
import json
import os
import socket
import sys
import time

REVISION = "2026-07-28"
START_SECONDS = 60

# What is asked of the sample data; a server with other data is asked for its databases instead.
QUESTION = "Which big US airports had the latest flights? (3 million flights of 2001)"
QUERY_TABLE = "FLIGHTS_3M"


class Gone(Exception):
    """The server has ended; it has said why on its own stderr."""


def listening(pid):
    """(host, port) of every listening TCP socket of the process, in /proc's order."""
    inodes = set()
    try:
        for fd in os.listdir(f"/proc/{pid}/fd"):
            try:
                target = os.readlink(f"/proc/{pid}/fd/{fd}")
            except OSError:
                continue
            if target.startswith("socket:["):
                inodes.add(target[8:-1])
    except OSError:
        raise Gone from None
    found = []
    for table, family in (("tcp", socket.AF_INET), ("tcp6", socket.AF_INET6)):
        try:
            with open(f"/proc/{pid}/net/{table}", encoding="ascii") as lines:
                rows = [line.split() for line in list(lines)[1:]]
        except OSError:
            raise Gone from None
        for row in rows:
            if row[3] != "0A" or row[9] not in inodes:
                continue
            address, port = row[1].split(":")
            words = [int.from_bytes(bytes.fromhex(address[i : i + 8]), sys.byteorder) for i in range(0, len(address), 8)]
            host = socket.inet_ntop(family, b"".join(word.to_bytes(4, "big") for word in words))
            found.append((host, int(port, 16)))
    return found


def reachable(host):
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)


class Client:
    """MCP 2026-07-28: every request carries all that the server needs to answer it."""

    def __init__(self, host, port):
        self.host, self.port, self.last_id = host, port, 0

    def request(self, method, params, name=None):
        self.last_id += 1
        body = {
            "jsonrpc": "2.0",
            "id": self.last_id,
            "method": method,
            "params": {
                **params,
                "_meta": {
                    "io.modelcontextprotocol/protocolVersion": REVISION,
                    "io.modelcontextprotocol/clientInfo": {"name": "first-question", "version": "1"},
                    "io.modelcontextprotocol/clientCapabilities": {},
                },
            },
        }
        headers = {
            "Content-Type": "application/json",
            "Accept": "application/json, text/event-stream",
            "MCP-Protocol-Version": REVISION,
            "Mcp-Method": method,
        }
        if name:
            headers["Mcp-Name"] = name
        connection = http.client.HTTPConnection(self.host, self.port, timeout=60)
        try:
            connection.request("POST", "/mcp", json.dumps(body).encode(), headers)
            response = connection.getresponse()
            text = response.read().decode()
        finally:
            connection.close()
        if response.status in (401, 403):
            raise PermissionError(f"the server answered {response.status}")
        if "text/event-stream" in response.headers.get("Content-Type", ""):
            text = [line[5:].strip() for line in text.splitlines() if line.startswith("data:") and line[5:].strip()][-1]
        answer = json.loads(text)
        error = answer.get("error")
        if error is not None:  # JSON-RPC's is an object; the metrics port answers 404 in words of its own
            raise RuntimeError(error.get("message", text) if isinstance(error, dict) else str(error))
        return answer["result"]

    def call(self, tool, arguments):
        result = self.request("tools/call", {"name": tool, "arguments": arguments}, name=tool)
        if result.get("isError"):
            raise RuntimeError(" ".join(part.get("text", "") for part in result.get("content", [])))
        return result.get("structuredContent") or {}


def find_mcp(pid):
    """Waits until the process listens, and returns the address that answers MCP (the other one has the metrics)."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        for host, port in listening(pid):
            client = Client(reachable(host), port)
            try:
                client.request("server/discover", {})
            except PermissionError:
                return host, client
            except (OSError, ValueError, KeyError, IndexError, RuntimeError, http.client.HTTPException):
                continue
            return host, client
        time.sleep(0.02)
    raise TimeoutError(f"the server did not answer MCP within {START_SECONDS} s")


def table(columns, rows):
    """An aligned text table."""
    def text(cell):
        return "" if cell is None else str(cell) if not isinstance(cell, (dict, list)) else json.dumps(cell)

    cells = [[text(cell) for cell in row] for row in rows]
    numeric = [all(isinstance(row[i], (int, float)) or row[i] is None for row in rows) for i in range(len(columns))]
    widths = [max([len(name)] + [len(row[i]) for row in cells]) for i, name in enumerate(columns)]

    def line(row):
        parts = (cell.rjust(width) if right else cell.ljust(width) for cell, width, right in zip(row, widths, numeric))
        return ("  " + "  ".join(parts)).rstrip()

    return "\n".join([line(columns), "  " + "  ".join("-" * width for width in widths), *map(line, cells)])


def ask(client):
    """(question, SQL or tool, columns, rows) of one real question."""
    places = client.call("search_objects", {"query": QUERY_TABLE})
    names = [column["name"].lower() for column in places.get("columns", [])]
    for row in places.get("rows", []):
        place = dict(zip(names, row))
        if str(place.get("name", "")).upper() == QUERY_TABLE and place.get("database") and place.get("schema"):
            schema = f'{place["database"]}.{place["schema"]}'
            sql = (
                "SELECT f.origin AS airport, MAX(a.city) AS city, COUNT(*) AS flights, ROUND(AVG(f.delay), 1) AS mean_delay,\n"
                "       ROUND(100 * COUNT_IF(f.delay >= 60) / COUNT(*), 1) AS percent_an_hour_late\n"
                f"FROM {schema}.{QUERY_TABLE} f JOIN {schema}.AIRPORTS a ON a.iata = f.origin\n"
                "GROUP BY f.origin HAVING COUNT(*) > 20000 ORDER BY mean_delay DESC LIMIT 5"
            )
            answer = client.call("execute_query", {"query": sql})
            return QUESTION, sql, [column["name"] for column in answer["columns"]], answer["rows"]
    answer = client.call("list_databases", {})
    return "Which databases are there?", "tool list_databases", [c["name"] for c in answer["columns"]], answer["rows"]


def settings(program, url):
    """How each client is told about this server: on this machine, over HTTP, over ssh."""
    program = os.path.abspath(program)
    ssh_target = f"{getpass.getuser()}@{socket.gethostname()}"
    here = {"command": program, "args": ["stdio"]}
    ssh = {"command": "ssh", "args": ["-T", ssh_target, program, "stdio"]}
    bridge = {"command": "npx", "args": ["-y", "mcp-remote", url]}

    def servers(entry, key="mcpServers"):
        return json.dumps({key: {"snowflake": entry}})

    def typed(entry):
        return {"type": "stdio", **entry}

    return [
        ("Claude Desktop  (claude_desktop_config.json)", [
            ("same machine", servers(here)),
            ("over HTTP", servers(bridge)),
            ("over ssh", servers(ssh)),
        ]),
        ("Claude Code  (shell)", [
            ("same machine", f"claude mcp add snowflake -- {program} stdio"),
            ("over HTTP", f"claude mcp add --transport http snowflake {url}"),
            ("over ssh", f"claude mcp add snowflake -- ssh -T {ssh_target} {program} stdio"),
        ]),
        ("Cursor  (~/.cursor/mcp.json)", [
            ("same machine", servers(here)),
            ("over HTTP", servers({"url": url})),
            ("over ssh", servers(ssh)),
        ]),
        ("VS Code  (.vscode/mcp.json)", [
            ("same machine", servers(typed(here), "servers")),
            ("over HTTP", servers({"type": "http", "url": url}, "servers")),
            ("over ssh", servers(typed(ssh), "servers")),
        ]),
    ]


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--pid", type=int, required=True, help="process id of the server")
    arguments.add_argument("--program", required=True, help="path of the program, for the settings")
    options = arguments.parse_args()
    try:
        host, client = find_mcp(options.pid)
    except Gone:
        return 0
    except TimeoutError as error:
        print(error, file=sys.stderr)
        return 1
    shown = f"[{client.host}]" if ":" in client.host else client.host
    url = f"http://{shown}:{client.port}/mcp"
    out = []
    try:
        question, how, columns, rows = ask(client)
        out += [f"\nQ: {question}", *("   " + line for line in how.splitlines()), "", table(columns, rows)]
        status = 0
    except PermissionError:
        out += ["\nThe server wants an API key (snowflake-mcp key add <name>), so no question was asked."]
        status = 0
    except (OSError, ValueError, KeyError, RuntimeError, http.client.HTTPException) as error:
        out += [f"\nThe first question failed: {error}"]
        status = 1
    out += [f"\nMCP endpoint: {url}"]
    if host in ("127.0.0.1", "::1"):
        out += ["From another machine: over ssh as below, or MCP_SERVER_HOST=0.0.0.0 with API keys (docs/configuration.md)."]
    for client_name, ways in settings(options.program, url):
        out += [f"\n{client_name}"] + [f"  {way + ':':<14}{text}" for way, text in ways]
    out += ["\nServing until Ctrl-C."]
    print("\n".join(out), flush=True)
    return status


if __name__ == "__main__":
    sys.exit(main())
