"""The control plane, on a port of its own: JSON over HTTP. GET reads, POST acts; every act answers {"ok": true}."""

from . import http, keys


class Control:
    def __init__(self, server):
        self.server = server

    async def handle(self, request):
        name = request.path.removeprefix("/control").strip("/")
        if request.method == "GET":
            reader = {"counters": self.counters, "log": self.log, "faults": self.faults, "sessions": self.sessions,
                      "statements": self.statements}.get(name)
            return http.Reply.of(reader()) if reader else http.Reply.of({"error": f"nothing to read at {request.path}"}, 404)
        act = {"arm": self.arm, "disarm": self.disarm, "reset": self.reset, "settings": self.settings, "statement": self.statement,
               "delay": self.delay, "public-key": self.public_key, "expire": self.expire, "end-sessions": self.end,
               "drop-connections": self.drop}.get(name)
        if act is None:
            return http.Reply.of({"error": f"no act {request.path}"}, 404)
        try:
            act(request.json)
        except (ValueError, TypeError, KeyError, RuntimeError) as error:
            return http.Reply.of({"error": f"{type(error).__name__}: {error}"}, 400)
        return http.Reply.of({"ok": True})

    # --- read

    def counters(self):
        return self.server.counters.status() | {"sessions": sum(one.alive for one in self.server.sessions.all)}

    def log(self):
        return list(self.server.counters.log)

    def faults(self):
        return self.server.faults.status()

    def statements(self):
        return list(self.server.counters.statements)

    def sessions(self):
        return [{"id": one.number, "user": one.user, "alive": one.alive, "context": one.context, "parameters": one.parameters,
                 "app": one.app} for one in self.server.sessions.all]

    # --- act

    def arm(self, body):
        """A fault, or a list of them."""
        for one in body if isinstance(body, list) else [body]:
            self.server.faults.arm(one)

    def disarm(self, body):
        self.server.faults.clear()

    def reset(self, body):
        """Counters to zero, no fault armed, no delay; sessions and settings stay."""
        self.server.faults.clear()
        open_now = self.server.counters.connections_open
        busy = self.server.counters.busy
        self.server.counters.reset()
        self.server.counters.connections_open, self.server.counters.busy = open_now, busy
        self.server.statements.delays = []

    def settings(self, body):
        self.server.settings.change(body)

    def statement(self, body):
        """Teaches a statement: {"sql" or "pattern", "rowtype", "rows", ...} as in tables/*.json, or a list of them."""
        for one in body if isinstance(body, list) else [body]:
            self.server.statements.learn(one)

    def delay(self, body):
        """{"pattern": regex of statement texts, "seconds": how long they run}"""
        self.server.statements.delays.insert(0, (body["pattern"], body["seconds"]))

    def public_key(self, body):
        """Registers {"pem": public key} for key-pair logins of every user."""
        self.server.sessions.public_keys.append(keys.PublicKey(body["pem"]))

    def expire(self, body):
        """{"what": session, master or both}: tokens of all sessions end now."""
        self.server.sessions.expire(body["what"])

    def end(self, body):
        self.server.sessions.end()

    def drop(self, body):
        self.server.drop_connections()
