#!/usr/bin/env python3
"""Many MCP clients in one process, each on a connection of its own that stays open: what the benchmarks with crowds share.

A client costs some 60 us a call: no HTTP library, and of an answer only what is asked for is read.
"""
import asyncio
import contextlib
import os
import re
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "scripts"))
from first_question import listening  # noqa: E402

PROGRAM = os.environ.get("BENCH_PROGRAM", os.path.join(ROOT, "build", "release", "snowflake-mcp"))
REVISION = "2026-07-28"
LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


@contextlib.contextmanager
def snowflake_mcp(**settings):
    """(process, port) of a server with these settings and no others."""
    with tempfile.TemporaryDirectory() as folder:
        env = {"PATH": os.environ["PATH"], "HOME": folder, "LOG_LEVEL": "warn", "DRAIN_DELAY_SECONDS": "0", "SHUTDOWN_GRACE_SECONDS": "1",
               **settings}
        process = subprocess.Popen([PROGRAM, "serve", "--port", "0", "--metrics-port", "0"], cwd=folder, env=env, stdin=subprocess.DEVNULL)
        try:
            yield process, port_of(process)
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def port_of(process):
    """Of the listener that knows /mcp."""
    import urllib.error
    import urllib.request

    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        for _, port in listening(process.pid):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/mcp", timeout=5).close()
            except urllib.error.HTTPError as error:
                if error.code != 404:
                    return port
            except OSError:
                pass
        time.sleep(0.05)
    raise RuntimeError("snowflake-mcp does not listen")


def request(sql, key="", more=""):
    """The bytes of one execute_query; `more`: further arguments as JSON, beginning with a comma."""
    body = (
        '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"execute_query","arguments":{"query":"' + sql + '"' + more + '},'
        '"_meta":{"io.modelcontextprotocol/protocolVersion":"' + REVISION + '","io.modelcontextprotocol/clientCapabilities":{}}}}').encode()
    head = (
        "POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\n"
        f"MCP-Protocol-Version: {REVISION}\r\nMcp-Method: tools/call\r\nMcp-Name: execute_query\r\n")
    if key:
        head += f"Authorization: Bearer {key}\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


class Client(asyncio.Protocol):
    """Asks, and is told of the whole answer by a future."""

    def connection_made(self, transport):
        self.transport, self.buffer, self.waiting = transport, bytearray(), None

    def ask(self, data):
        self.waiting = asyncio.get_running_loop().create_future()
        self.transport.write(data)
        return self.waiting

    def data_received(self, data):
        self.buffer += data
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        length = LENGTH.search(self.buffer, 0, end)
        whole = end + 4 + (int(length.group(1)) if length else 0)
        if length is None and not self.buffer.endswith(b"0\r\n\r\n"):
            return
        if len(self.buffer) < whole:
            return
        answer, self.buffer = bytes(self.buffer), bytearray()
        self.tell(answer)

    def connection_lost(self, error):
        self.tell(b"")

    def tell(self, answer):
        waiting, self.waiting = self.waiting, None
        if waiting is not None and not waiting.done():
            waiting.set_result(answer)


async def connect(port, count):
    loop = asyncio.get_running_loop()
    return [(await loop.create_connection(Client, "127.0.0.1", port))[1] for _ in range(count)]


def is_good(answer):
    return answer.startswith(b"HTTP/1.1 200") and b'"isError":true' not in answer and b'"structuredContent"' in answer
