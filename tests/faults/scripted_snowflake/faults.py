"""Faults that a test arms: which request they strike, and what they do to it and to its answer.

A fault is {"at": "[METHOD ]path pattern", "nth": 1, "times": 1, "sql": regex, "what": {...}}. It counts the requests that match
(pattern with * and ?, statement text if `sql` is given) and strikes `times` of them from the `nth` on (times 0: all).
`what` joins any of these; ../README.md has the list with their meaning:
  before:   execute, expire, end_session, in_progress, delay, hang
  instead:  status, headers, body, code, message, data, redirect
  answer:   patch, drop, damage
  wire:     close, reset, cut, slow, twice
"""

import asyncio
import base64
import copy
import dataclasses
import fnmatch
import gzip
import json
import re

from . import http

KNOWN = {
    "execute", "expire", "end_session", "in_progress", "delay", "hang", "status", "headers", "body", "code", "message", "data",
    "redirect", "patch", "drop", "damage", "close", "reset", "cut", "slow", "twice",
}


@dataclasses.dataclass
class Fault:
    at: str
    what: dict
    nth: int = 1
    times: int = 1
    sql: str = ""
    listener: str = ""
    seen: int = 0
    struck: int = 0

    def __post_init__(self):
        unknown = set(self.what) - KNOWN
        if unknown:
            raise ValueError(f"no such fault: {', '.join(sorted(unknown))}")
        method, _, pattern = self.at.rpartition(" ")
        self._method, self._pattern = method, pattern
        self._sql = re.compile(self.sql, re.IGNORECASE | re.DOTALL) if self.sql else None

    def matches(self, request):
        if self._method and self._method != request.method:
            return False
        if self.listener and self.listener != request.listener.name:
            return False
        if not fnmatch.fnmatchcase(request.path, self._pattern):
            return False
        if self._sql is None:
            return True
        try:
            return bool(self._sql.search(str(request.json.get("sqlText", ""))))
        except (ValueError, AttributeError):
            return False

    def strikes(self, request):
        if not self.matches(request):
            return False
        self.seen += 1
        if self.seen < self.nth or (self.times and self.struck >= self.times):
            return False
        self.struck += 1
        return True


class Faults:
    """All armed faults. `take` gives what a request suffers: the joined `what` of every fault that strikes it."""

    def __init__(self):
        self.armed = []

    def arm(self, description):
        self.armed.append(Fault(**description))

    def clear(self):
        self.armed = []

    def take(self, request):
        what = {}
        for fault in self.armed:
            if fault.strikes(request):
                what |= fault.what
        return what

    def status(self):
        return [{"at": f.at, "what": f.what, "seen": f.seen, "struck": f.struck} for f in self.armed]


def answers_itself(what):
    """Whether the fault answers instead of the server, unless told to execute the request first."""
    return any(key in what for key in ("status", "code", "redirect"))


def own_answer(what, request):
    if "redirect" in what:
        return redirect(what, request)
    if "code" in what:
        body = {"data": what.get("data"), "code": what["code"], "message": what.get("message", "armed fault"), "success": False,
                "headers": None}
        return http.Reply.of(body, what.get("status", 200), **what.get("headers", {}))
    body = what.get("body", f"<html><body>{what['status']}</body></html>")
    headers = {"Content-Type": "text/html", **what.get("headers", {})}
    if not isinstance(body, str):
        body, headers["Content-Type"] = json.dumps(body), "application/json"
    return http.Reply(what["status"], body.encode(), headers)


def redirect(what, request):
    """`redirect` is a URL, a path, or `circle`: back to the very URL that was asked for."""
    to = what["redirect"]
    if to == "circle":
        to = request.origin + request.target
    elif to.startswith("/"):
        to = request.origin + to
    elif to.endswith("*"):
        to = to[:-1] + request.target
    return http.Reply(what.get("status", 307), b"", {"Location": to})


def merge(target, patch):
    """JSON merge, where null sets null (unlike RFC 7396: `drop` removes)."""
    if not isinstance(patch, dict) or not isinstance(target, dict):
        return copy.deepcopy(patch)
    return target | {key: merge(target.get(key), value) for key, value in patch.items()}


def drop(target, path):
    *parents, last = path.split(".")
    for name in parents:
        target = target.get(name) or {}
    target.pop(last, None)


def changed(what, reply):
    """The reply with `patch`, `drop` and the damage to Arrow and JSON done. Replies are plain here, not compressed."""
    if "patch" in what or "drop" in what:
        value = merge(json.loads(reply.body), what.get("patch", {}))
        for path in what.get("drop", []):
            drop(value, path)
        reply.body = json.dumps(value).encode()
    damage = what.get("damage")
    if damage and damage["layer"] == "arrow":
        reply.body = damaged_arrow(damage, reply.body)
    elif damage and damage["layer"] == "json":
        reply.body = hurt(damage, reply.body)
    return reply


def damaged_arrow(damage, body):
    """A chunk's stream, or the one in `rowsetBase64`."""
    if body[:1] == b"{":
        value = json.loads(body)
        value["data"]["rowsetBase64"] = base64.b64encode(hurt(damage, base64.b64decode(value["data"]["rowsetBase64"]))).decode()
        return json.dumps(value).encode()
    if body[:2] == b"\x1f\x8b":
        return gzip.compress(hurt(damage, gzip.decompress(body)), 1)
    return hurt(damage, body)


def hurt(damage, data):
    """`cut`: ends at the part `where` (0..1) of the bytes; `flip`: inverts `bytes` (8) of them there."""
    where = int(len(data) * damage.get("where", 0.5))
    if damage["how"] == "cut":
        return data[:where]
    count = damage.get("bytes", 8)
    return data[:where] + bytes(byte ^ 0xFF for byte in data[where:where + count]) + data[where + count:]


async def send(what, writer, reply):
    """Sends the reply as the fault wants it. False: the connection is over."""
    over = http.reset if what.get("reset") else http.close
    where = what.get("close")
    if where == "before_head":
        await ended(over, writer)
        return False
    if what.get("damage", {}).get("layer") == "gzip":
        if reply.headers.get("Content-Encoding") != "gzip" and reply.body[:2] != b"\x1f\x8b":
            reply.body = gzip.compress(reply.body, 6)
            reply.headers["Content-Encoding"] = "gzip"
        reply.body = hurt(what["damage"], reply.body)
    if reply.pieces is not None:
        await http.send(writer, reply)
        return True
    head = http.head_of(reply, len(reply.body))
    data = head + reply.body
    if where:
        data = data[:cut_at(where, what, head, reply.body)]
    elif what.get("twice"):
        data += data
    if what.get("slow"):
        await drip(writer, data, what["slow"], what.get("cut", 0))
    else:
        writer.write(data)
        await writer.drain()
    if where:
        if what.get("reset"):
            await asyncio.sleep(0.02)  # what was written leaves before the RST throws the rest away
        await ended(over, writer)
        return False
    return True


def cut_at(where, what, head, body):
    return {
        "in_head": len(head) // 2,
        "after_head": len(head),
        "in_body": len(head) + (what.get("cut") or max(1, len(body) // 2)),
        "before_end": len(head) + len(body) - 1,
    }[where]


async def drip(writer, data, seconds_a_byte, step):
    step = step or 1
    for begin in range(0, len(data), step):
        writer.write(data[begin:begin + step])
        await writer.drain()
        await asyncio.sleep(seconds_a_byte)


async def ended(over, writer):
    result = over(writer)
    if result is not None:
        await result
