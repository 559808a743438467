"""HTTP/1.1 over raw sockets, so that every byte of an answer can be controlled. No protocol of Snowflake's here."""

import asyncio
import contextlib
import dataclasses
import gzip
import json
import socket
import struct
import urllib.parse

REASONS = {
    200: "OK", 202: "Accepted", 204: "No Content", 206: "Partial Content", 302: "Found", 307: "Temporary Redirect",
    308: "Permanent Redirect", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found",
    405: "Method Not Allowed", 408: "Request Timeout", 409: "Conflict", 413: "Content Too Large", 422: "Unprocessable Content",
    429: "Too Many Requests", 500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout",
}
MAX_HEAD = 64 * 1024


class BadRequest(Exception):
    pass


@dataclasses.dataclass
class Listener:
    name: str  # driver, chunks, foreign, tls, tls_wrong, control
    scheme: str
    port: int = 0


@dataclasses.dataclass
class Request:
    method: str
    target: str
    headers: dict
    body: bytes
    listener: Listener

    def __post_init__(self):
        parts = urllib.parse.urlsplit(self.target)
        self.raw_path = parts.path
        self.path = urllib.parse.unquote(parts.path)
        self.query = dict(urllib.parse.parse_qsl(parts.query, keep_blank_values=True))
        self._json = None

    @property
    def json(self):
        """The body as JSON; {} for none. ValueError when it is something else."""
        if self._json is None:
            self._json = json.loads(self.body) if self.body.strip() else {}
        return self._json

    def header(self, name, default=""):
        return self.headers.get(name.lower(), default)

    @property
    def origin(self):
        """Scheme and authority that this request was sent to, for URLs that lead back here."""
        return f"{self.listener.scheme}://{self.header('host', '127.0.0.1')}"

    @property
    def host_name(self):
        return self.header("host", "127.0.0.1").rsplit(":", 1)[0]


@dataclasses.dataclass
class Reply:
    status: int = 200
    body: bytes = b""
    headers: dict = dataclasses.field(default_factory=dict)
    pieces: list = None  # (seconds to wait before, bytes)...: sent with chunked transfer coding, not as `body`

    @staticmethod
    def of(value, status=200, **headers):
        body = json.dumps(value, separators=(",", ":")).encode()
        return Reply(status, body, {"Content-Type": "application/json", **headers})


async def read_request(reader, listener):
    """The next request; None at the end of the connection."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as end:
        if end.partial:
            raise BadRequest("the head breaks off") from None
        return None
    except asyncio.LimitOverrunError:
        raise BadRequest("the head is too long") from None
    lines = head[:-4].decode("latin-1").split("\r\n")
    try:
        method, target, version = lines[0].split(" ")
    except ValueError:
        raise BadRequest(f"no request line: {lines[0]!r}") from None
    if version != "HTTP/1.1":
        raise BadRequest(f"version {version}")
    headers = {}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if not colon or name != name.strip() or not name:
            raise BadRequest(f"no header line: {line!r}")
        headers[name.lower()] = value.strip()
    if "host" not in headers:
        raise BadRequest("no Host")
    body = await read_body(reader, headers)
    if headers.get("content-encoding", "").lower() == "gzip":
        body = gzip.decompress(body)
    return Request(method, target, headers, body, listener)


async def read_body(reader, headers):
    if headers.get("transfer-encoding", "").lower() == "chunked":
        body = b""
        while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
            body += await reader.readexactly(size)
            await reader.readexactly(2)
        while await reader.readuntil(b"\r\n") != b"\r\n":
            pass
        return body
    return await reader.readexactly(int(headers.get("content-length", "0")))


def head_of(reply, length):
    lines = [f"HTTP/1.1 {reply.status} {REASONS.get(reply.status, 'Unknown')}"]
    headers = dict(reply.headers)
    if reply.pieces is not None:
        headers["Transfer-Encoding"] = "chunked"
    elif reply.status != 204:
        headers["Content-Length"] = str(length)
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


async def send(writer, reply):
    if reply.pieces is None:
        writer.write(head_of(reply, len(reply.body)) + reply.body)
        await writer.drain()
        return
    writer.write(head_of(reply, 0))
    for wait, piece in reply.pieces:
        if wait:
            await asyncio.sleep(wait)
        writer.write(b"%x\r\n" % len(piece) + piece + b"\r\n")
        await writer.drain()
    writer.write(b"0\r\n\r\n")
    await writer.drain()


def reset(writer):
    """Ends the connection with RST instead of FIN."""
    sock = writer.get_extra_info("socket")
    if sock is not None:
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def close(writer):
    writer.close()
    with contextlib.suppress(Exception):
        await writer.wait_closed()
