"""Asks a running snowflake-mcp one statement at a time, by MCP 2026-07-28 over HTTP, each on a connection of its own."""

import contextlib
import decimal
import http.client
import json
import time

from .servers import snowflake_mcp

REVISION = "2026-07-28"
POOL = 3
USUAL = {
    "SNOWFLAKE_ACCOUNT": "acct", "SNOWFLAKE_USER": "tester", "SNOWFLAKE_PASSWORD": "correct horse", "SNOWFLAKE_PROTOCOL": "http",
    "SNOWFLAKE_HOST": "127.0.0.1", "SNOWFLAKE_WAREHOUSE": "COMPUTE_WH", "SNOWFLAKE_DATABASE": "SALES", "SNOWFLAKE_SCHEMA": "PUBLIC",
    "SNOWFLAKE_CONNECTION_NAME": "none", "CONNECTION_POOL_MIN_SIZE": "1", "CONNECTION_POOL_MAX_SIZE": str(POOL),
    "ENABLE_QUERY_CACHING": "false", "QUERY_TIMEOUT_SECONDS": "12", "CONNECTION_POOL_CONNECTION_TIMEOUT_SECONDS": "10",
    "NO_PROXY": "127.0.0.1,localhost", "MAX_RESULT_BYTES": str(16 << 20),
}


class Caller:
    def __init__(self, server, host, port):
        self.server, self.host, self.port, self.key = server, host, port, ""

    def call(self, tool, arguments, seconds=30):
        """{"content", "structured"} or {"error"} or {"broken"}, and how many seconds it took."""
        meta = {"io.modelcontextprotocol/protocolVersion": REVISION, "io.modelcontextprotocol/clientInfo": {"name": "tests", "version": "1"},
                "io.modelcontextprotocol/clientCapabilities": {}}
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": arguments, "_meta": meta}}
        headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream", "MCP-Protocol-Version": REVISION,
                   "Mcp-Method": "tools/call", "Mcp-Name": tool, **({"Authorization": f"Bearer {self.key}"} if self.key else {})}
        started = time.monotonic()
        connection = http.client.HTTPConnection(self.host, self.port, timeout=seconds + 5)
        try:
            connection.request("POST", "/mcp", json.dumps(body), headers)
            answer = read(connection.getresponse())
        except (OSError, http.client.HTTPException, ValueError) as error:
            answer = {"broken": f"{type(error).__name__}: {error}"}
        finally:
            connection.close()
        return answer | {"seconds": time.monotonic() - started}

    def ask(self, sql, seconds=30, limit=5000):
        """The same for a statement: {"rows"} instead of the two."""
        answer = self.call("execute_query", {"query": sql, "limit": limit}, seconds)
        if "structured" in answer:
            answer["rows"] = answer.pop("structured")["rows"]
        return answer


def read(response):
    """Numbers keep all their digits: Decimal, unless they are whole."""
    text = response.read().decode()
    if "text/event-stream" in response.headers.get("Content-Type", ""):
        text = [line[5:].strip() for line in text.split("\n") if line.startswith("data:") and line[5:].strip()][-1]
    message = json.loads(text, parse_float=decimal.Decimal, parse_int=lambda digits: decimal.Decimal(digits) if digits == "-0" else int(digits))
    if "error" in message:
        return {"error": message["error"].get("message", "") if isinstance(message["error"], dict) else str(message["error"])}
    outcome = message["result"]
    content = " ".join(part.get("text", "") for part in outcome.get("content", []))
    return {"error": content} if outcome.get("isError") else {"content": content, "structured": outcome.get("structuredContent")}


@contextlib.contextmanager
def asking(port, env=None):
    """A snowflake-mcp that speaks to the Snowflake at this port of the loopback; an empty value takes a usual setting away."""
    settings = {**USUAL, "SNOWFLAKE_PORT": str(port), **(env or {})}
    settings = {name: value for name, value in settings.items() if value != ""}
    with snowflake_mcp(env=settings) as (server, host, mcp_port):
        yield Caller(server, host, mcp_port)
        if server.process.poll() not in (None, 0):
            raise RuntimeError(f"snowflake-mcp ended with {server.process.returncode}:\n{server.output()[-3000:]}")
