"""What happened, counted, for tests to ask: requests, logins, statements, writes by their text; and the last requests in full."""

import collections
import re
import time

WRITES = range(0x3000, 0x4000)


class Counters:
    def __init__(self):
        self.reset()

    def reset(self):
        self.numbers = collections.Counter()
        self.texts, self.writes, self.paths = collections.Counter(), collections.Counter(), collections.Counter()
        self.notes = collections.defaultdict(list)
        self.log = collections.deque(maxlen=2000)
        self.statements = collections.deque(maxlen=5000)
        self.busy = self.busy_most = 0
        self.connections = self.connections_open = 0

    def add(self, name, by=1):
        self.numbers[name] += by

    def note(self, kind, text):
        self.notes[kind].append(text)

    def request(self, request):
        where = re.sub(r"/[0-9a-f-]{36}(?=/|$)", "/*", request.path)
        self.paths[f"{request.method} {where}"] += 1
        hidden = request.header("authorization")
        try:
            body = request.json
        except ValueError:
            body = request.body[:1000].decode(errors="replace")
        self.log.append({"at": time.time(), "listener": request.listener.name, "method": request.method, "target": request.target,
                         "headers": request.headers, "body": body, "authorized": bool(hidden)})

    def statement(self, sql, type_id, session, parameters):
        """A statement was executed: at this moment, whatever becomes of its answer."""
        self.add("statements")
        self.texts[sql] += 1
        self.statements.append({"sql": sql, "type_id": type_id, "session": session.number, "context": dict(session.context),
                                "parameters": parameters})
        if type_id in WRITES or type_id == 24576:
            self.add("writes")
            self.writes[sql] += 1

    def enter(self):
        self.busy += 1
        self.busy_most = max(self.busy_most, self.busy)

    def leave(self):
        self.busy -= 1

    def status(self):
        return {**self.numbers, "statements_by_text": dict(self.texts), "writes_by_text": dict(self.writes),
                "requests": dict(self.paths), "notes": dict(self.notes), "requests_at_once": self.busy_most,
                "connections": self.connections, "connections_open": self.connections_open}
