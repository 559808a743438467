#!/usr/bin/env python3
"""A Snowflake that takes a given time for each statement and does nothing else; for measuring what waits for it.

Logins, statements (one row: when the statement arrived and when its answer left, in ns of the monotonic clock), heartbeats, log-outs. One
thread, no HTTP library: a statement costs it some 60 us. It counts statements and how long each session stood idle between two of them.
As a module: `with slow_snowflake(0.05) as snowflake`, then `snowflake.figures()`, which begins a new count. As a program it serves until
Enter is pressed:

    bench/slow_snowflake.py --serve 0.05
"""
import asyncio
import contextlib
import json
import multiprocessing
import os
import re
import sys
import time
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from snowflake_server import ANSWER, LOGIN, RENEWAL, envelope  # noqa: E402

LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
TOKEN = re.compile(rb'token="([^"]*)"', re.IGNORECASE)


def answer_parts():
    """The answer around its two cells."""
    number = json.loads(ANSWER)["data"]["rowtype"][0]
    data = json.loads(ANSWER)
    data["data"]["rowtype"] = [number | {"name": name, "precision": 38} for name in ("ARRIVED", "LEFT")]
    data["data"]["rowset"] = [["ARRIVED", "LEFT"]]
    text = json.dumps(data, separators=(",", ":"))
    before, after = text.split('["ARRIVED","LEFT"]')
    return before.encode(), after.encode()


class Figures:
    def __init__(self):
        self.statements = self.logins = self.running = self.most_running = 0
        self.idle_ms = []

    def as_json(self):
        return {**vars(self), "idle_ms": [round(value, 3) for value in self.idle_ms]}


class Connection(asyncio.Protocol):
    BEFORE, AFTER = answer_parts()

    def __init__(self, server):
        self.server, self.buffer = server, bytearray()

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = bytes(self.buffer[:end])
            length = LENGTH.search(head)
            whole = end + 4 + (int(length.group(1)) if length else 0)
            if len(self.buffer) < whole:
                return
            del self.buffer[:whole]
            self.request(head)

    def request(self, head):
        target = head.split(b" ", 2)[1]
        if target.startswith(b"/queries/v1/query-request"):
            self.statement(head)
        elif target.startswith(b"/session/v1/login-request"):
            self.server.figures.logins += 1
            self.server.sessions += 1
            self.send(LOGIN.replace("session-token", f"session-token-{self.server.sessions}").encode())
        elif target.startswith(b"/session/token-request"):
            self.send(RENEWAL.encode())
        elif target.startswith(b"/figures"):
            figures, self.server.figures = self.server.figures, Figures()
            self.server.figures.running = figures.running
            self.send(json.dumps(figures.as_json()).encode())
        else:
            self.send(envelope(None).encode())

    def statement(self, head):
        now, figures = time.monotonic_ns(), self.server.figures
        token = TOKEN.search(head)
        session = token.group(1) if token else b""
        if (left := self.server.left.pop(session, None)) is not None:
            figures.idle_ms.append((now - left) / 1e6)
        figures.statements += 1
        figures.running += 1
        figures.most_running = max(figures.most_running, figures.running)
        asyncio.get_running_loop().call_later(self.server.seconds, self.done, session, now)

    def done(self, session, arrived):
        self.server.figures.running -= 1
        left = time.monotonic_ns()
        self.server.left[session] = left
        self.send(b'%s["%d","%d"]%s' % (self.BEFORE, arrived, left, self.AFTER))

    def send(self, body):
        self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))


class Server:
    def __init__(self, seconds):
        self.seconds, self.figures, self.sessions, self.left = seconds, Figures(), 0, {}

    async def serve(self, told):
        loop = asyncio.get_running_loop()
        listening = await loop.create_server(lambda: Connection(self), "127.0.0.1", 0, backlog=1024)
        told.send(listening.sockets[0].getsockname()[1])
        await listening.serve_forever()


def serve(seconds, told):
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(Server(seconds).serve(told))


class SlowSnowflake:
    def __init__(self, port):
        self.port = port

    def figures(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/figures", timeout=30) as answer:
            return json.loads(answer.read())

    def settings(self, **more):
        """Environment of a snowflake-mcp that asks it."""
        return {
            "SNOWFLAKE_ACCOUNT": "acct", "SNOWFLAKE_USER": "tester", "SNOWFLAKE_PASSWORD": "any", "SNOWFLAKE_PROTOCOL": "http",
            "SNOWFLAKE_HOST": "127.0.0.1", "SNOWFLAKE_PORT": str(self.port), "SNOWFLAKE_WAREHOUSE": "COMPUTE_WH",
            "SNOWFLAKE_DATABASE": "SALES", "SNOWFLAKE_SCHEMA": "PUBLIC", "SNOWFLAKE_ROLE": "ANALYST", "SNOWFLAKE_CONNECTION_NAME": "none",
            "NO_PROXY": "127.0.0.1,localhost", **more}


@contextlib.contextmanager
def slow_snowflake(seconds):
    here, there = multiprocessing.Pipe()
    process = multiprocessing.Process(target=serve, args=(seconds, there), daemon=True)
    process.start()
    try:
        yield SlowSnowflake(here.recv())
    finally:
        process.terminate()
        process.join()


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] != "--serve":
        print(__doc__)
        sys.exit(0)
    with slow_snowflake(float(sys.argv[2])) as snowflake:
        print(json.dumps({"port": snowflake.port}), flush=True)
        sys.stdin.readline()
