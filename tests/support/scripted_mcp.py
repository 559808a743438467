#!/usr/bin/env python3
"""An MCP server (revision 2026-07-28, Streamable HTTP, stdlib only) whose delays are a script, and stalls once.

    scripted_mcp.py DELAYS_MS [STALL_AT STALL_MS] [--refuse-every N] [--die-after N]

The k-th call (from 0) waits DELAYS_MS[k % len] milliseconds before its answer. From the arrival of call STALL_AT on nothing
moves for STALL_MS: whatever is there or arrives goes on when that is over. Prints its port. A thread a connection: a sleeping
call keeps nobody else waiting. `truth` computes what an open loop at a fixed rate must measure.
"""

import argparse
import json
import os
import socket
import sys
import threading
import time


def truth(delays, rate, count, stall_at=None, stall_ms=0):
    """Latencies in ms of `count` calls that are due every 1/rate seconds, counted from when each was due."""
    gap, latencies = 1000 / rate, []
    for k in range(count):
        due = k * gap
        begins = due
        if stall_at is not None and k >= stall_at:
            begins = max(due, stall_at * gap + stall_ms)
        latencies.append(begins + delays[k % len(delays)] - due)
    return latencies


def percentile(values, percent):
    """Nearest rank."""
    ordered = sorted(values)
    rank = max(1, -(-percent * len(ordered) // 100))
    return ordered[int(rank) - 1]


class Script:
    def __init__(self, options):
        self.options, self.lock, self.calls, self.stalled_until = options, threading.Lock(), 0, 0.0

    def answer(self, method, request):
        """(status, result or None)"""
        if method == "server/discover":
            return 200, {"resultType": "complete", "supportedVersions": ["2026-07-28"], "capabilities": {"tools": {}},
                         "_meta": {"io.modelcontextprotocol/serverInfo": {"name": "scripted", "version": "1"}}}
        if method == "tools/list":
            return 200, {"resultType": "complete", "tools": [{"name": "wait", "inputSchema": {"type": "object"}}]}
        arrived = time.monotonic()
        with self.lock:
            k, self.calls = self.calls, self.calls + 1
            if k == self.options.stall_at:
                self.stalled_until = arrived + self.options.stall_ms / 1000
            begins = max(arrived, self.stalled_until)
        if self.options.die_after and k >= self.options.die_after:
            os._exit(0)
        if self.options.refuse_every and k % self.options.refuse_every == 0:
            return 503, None
        delay = begins + self.options.delays[k % len(self.options.delays)] / 1000 - time.monotonic()
        if delay > 0:
            time.sleep(delay)
        return 200, {"resultType": "complete", "content": [{"type": "text", "text": "waited"}]}

    def serve(self, connection):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        stream = connection.makefile("rb")
        while line := stream.readline():
            headers = {}
            while (field := stream.readline()) not in (b"\r\n", b"\n", b""):
                name, _, value = field.decode().partition(":")
                headers[name.lower()] = value.strip()
            if not line.startswith(b"POST"):
                connection.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
                continue
            request = json.loads(stream.read(int(headers["content-length"])))
            status, result = self.answer(request["method"], request)
            body = b"busy" if result is None else json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": result}).encode()
            connection.sendall(b"HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
                               % (status, len(body), body))
        connection.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("delays", type=lambda text: [float(part) for part in text.split(",")])
    parser.add_argument("stall_at", type=int, nargs="?")
    parser.add_argument("stall_ms", type=float, nargs="?", default=0)
    parser.add_argument("--refuse-every", type=int)
    parser.add_argument("--die-after", type=int)
    script = Script(parser.parse_args())
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    print(listener.getsockname()[1], flush=True)
    sys.setswitchinterval(0.0005)
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=script.serve, args=(connection,), daemon=True).start()


if __name__ == "__main__":
    main()
