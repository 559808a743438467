"""The listeners and the routes: a request goes through the armed faults to its handler, and the answer back through them."""

import asyncio
import contextlib
import gzip
import re
import ssl
import traceback

from . import faults, http
from .control import Control
from .cortex import Cortex
from .counters import Counters
from .oauth import OAuth
from .queries import Queries
from .results import Results
from .sessions import Refused, Sessions
from .settings import Settings
from .statements import Statements

QUERY_PATH = re.compile(r"/queries/((?!v1/)[^/]+)/(result|abort-request)$")
MONITORING_PATH = re.compile(r"/monitoring/queries//?([^/]+)$")  # Python's version 5 writes two slashes


class Server:
    def __init__(self, settings=None):
        self.settings = settings or Settings()
        self.counters = Counters()
        self.faults = faults.Faults()
        self.sessions = Sessions(self.settings, self.counters)
        self.oauth = OAuth(self.settings, self.sessions.issued, self.counters)
        self.statements = Statements(self.settings)
        self.results = Results(self.settings, self.counters)
        self.queries = Queries(self.settings, self.sessions, self.statements, self.results, self.counters)
        self.cortex = Cortex(self.settings, self.sessions, self.counters)
        self.control = Control(self)
        self.listeners, self.writers = [], set()
        self.routes = {
            "POST /session/v1/login-request": self.sessions.login, "POST /session/authenticator-request": self.sessions.authenticator_request,
            "POST /session/token-request": self.sessions.renew, "POST /session/heartbeat": self.sessions.heartbeat,
            "POST /session": self.sessions.logout, "POST /queries/v1/abort-request": self.queries.abort_request,
            "GET /fed/login": self.sessions.fed_login, "GET /oauth/authorize": self.oauth.authorize,
            "POST /oauth/token-request": self.oauth.token, "POST /okta/api/v1/authn": self.sessions.okta_token,
            "GET /okta/app/snowflake/sso/saml": self.sessions.okta_saml, "POST /telemetry/send": lambda request: telemetry(),
            "POST /telemetry/send/sessionless": lambda request: telemetry(),
        }

    async def listen(self, name, certificate=None, host="127.0.0.1"):
        listener = http.Listener(name, "https" if certificate else "http")
        context = None
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
        server = await asyncio.start_server(lambda reader, writer: self.connection(reader, writer, listener), host, 0, ssl=context,
                                            limit=http.MAX_HEAD, backlog=1024)
        listener.port = server.sockets[0].getsockname()[1]
        self.listeners.append(server)
        return listener

    # --- a connection

    async def connection(self, reader, writer, listener):
        self.counters.connections += 1
        self.counters.connections_open += 1
        self.writers.add(writer)
        try:
            while (request := await http.read_request(reader, listener)) is not None:
                if not await self.exchange(request, reader, writer):
                    break
                if request.header("connection").lower() == "close":
                    break
        except http.BadRequest as error:
            self.counters.note("bad_requests", str(error))
            with contextlib.suppress(Exception):
                await http.send(writer, http.Reply(400, str(error).encode(), {"Connection": "close"}))
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError, TimeoutError):
            pass
        finally:
            self.counters.connections_open -= 1
            self.writers.discard(writer)
            await http.close(writer)

    async def exchange(self, request, reader, writer):
        """One request and its answer. False: the connection ends here."""
        if request.listener.name == "control":
            await http.send(writer, await self.control.handle(request))
            return True
        self.counters.request(request)
        self.counters.enter()
        try:
            what = self.faults.take(request)
            reply = await self.reply(request, what)
            if what.get("delay"):
                await asyncio.sleep(what["delay"])
            if what.get("hang"):
                await reader.read()
                return False
            if not what:
                await http.send(writer, self.compressed(request, reply))
                return True
            reply = self.compressed(request, faults.changed(what, reply), what)
            return await faults.send(what, writer, reply)
        finally:
            self.counters.leave()

    async def reply(self, request, what):
        self.before(request, what)
        instead = faults.answers_itself(what)
        reply = None
        if what.get("execute", not instead):
            reply = await self.handle(request, what)
        return faults.own_answer(what, request) if instead else reply or http.Reply(204)

    def before(self, request, what):
        if not {"expire", "end_session"} & what.keys():
            return
        session = None
        with contextlib.suppress(Refused):
            token = self.sessions.token_in(request)
            session = self.sessions.by_token.get(token) or self.sessions.by_master.get(token)
        if "expire" in what:
            self.sessions.expire(what["expire"], session)
        if what.get("end_session"):
            self.sessions.end(session)

    def compressed(self, request, reply, what=None):
        limit = self.settings.compress_from
        if what and what.get("damage", {}).get("layer") == "gzip":
            return reply
        if (limit < 0 or len(reply.body) < limit or "gzip" not in request.header("accept-encoding") or reply.body[:2] == b"\x1f\x8b"
                or reply.pieces is not None):
            return reply
        reply.body = gzip.compress(reply.body, 1)
        reply.headers["Content-Encoding"] = "gzip"
        return reply

    # --- routes

    async def handle(self, request, what):
        try:
            return await self.route(request, what)
        except Refused as refused:
            return refused.reply()
        except Exception as error:  # noqa: BLE001  the client sees a 500, the test finds the reason
            self.counters.note("defects", traceback.format_exc())
            return http.Reply(500, f"{type(error).__name__}: {error}".encode())

    async def route(self, request, what):
        if request.listener.name == "foreign":
            self.counters.add("foreign_requests")
            self.counters.add("foreign_requests_with_token", bool(request.header("authorization")))
            return http.Reply.of({"data": None, "code": "390104", "message": "foreign host", "success": False})
        if request.method == "GET" and request.path.startswith("/results/"):
            return self.results.chunk(request)
        if request.path.startswith("/api/v2/"):
            return self.cortex.handle(request)
        if (request.method, request.path) == ("POST", "/queries/v1/query-request"):
            return await self.queries.query_request(request, what)
        by_id = QUERY_PATH.match(request.path)
        if by_id and (request.method, by_id.group(2)) == ("GET", "result"):
            if what.get("in_progress") and by_id.group(1) in self.queries.by_id:
                from .queries import owe  # noqa: PLC0415
                owe(self.queries.by_id[by_id.group(1)], what["in_progress"])
            return await self.queries.result(request, by_id.group(1))
        if by_id and (request.method, by_id.group(2)) == ("POST", "abort-request"):
            return self.queries.abort_by_id(request, by_id.group(1))
        monitored = MONITORING_PATH.match(request.path)
        if monitored and request.method == "GET":
            return self.queries.monitoring(request, monitored.group(1))
        handler = self.routes.get(f"{request.method} {request.path}")
        if handler is None:
            self.counters.note("unknown_paths", f"{request.method} {request.path}")
            return http.Reply(404, b"<html>not found</html>", {"Content-Type": "text/html"})
        return handler(request)

    def drop_connections(self):
        for writer in list(self.writers):
            http.reset(writer)


def telemetry():
    return http.Reply.of({"data": "Log Received", "code": None, "message": None, "success": True})
