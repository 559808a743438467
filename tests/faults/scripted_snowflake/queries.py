"""Statements that run: synchronous, asynchronous, in progress, by id, in several parts, aborted. They outlive their connection."""

import asyncio
import contextlib
import dataclasses
import re
import time
import uuid

from .http import Reply
from .sessions import Refused, ok
from .statements import MULTI, Outcome, Rows, SqlError, bare, split, text_column

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)

RESULT_SCAN = re.compile(r"SELECT \* FROM TABLE\(RESULT_SCAN\('([^']+)'\)\)")
CANCEL_QUERY = re.compile(r"SELECT SYSTEM\$CANCEL_QUERY\('([^']+)'\)")


@dataclasses.dataclass
class Query:
    id: str
    request_id: str
    sql: str
    session: object
    parameters: dict
    bindings: dict
    describe_only: bool
    started: float
    asynchronous: bool = False
    outcome: object = None
    error: object = None
    children: list = dataclasses.field(default_factory=list)
    done: asyncio.Event = dataclasses.field(default_factory=asyncio.Event)
    task: object = None
    ended: float = 0
    owed_polls: int = 0  # how many answers "in progress" it must still give
    poll_hold: float = None

    @property
    def state(self):
        if not self.done.is_set() or self.owed_polls:
            return "RUNNING"
        if self.error is None:
            return "SUCCESS"
        return "ABORTED" if self.error.code == "000604" else "FAILED_WITH_ERROR"


class Queries:
    def __init__(self, settings, sessions, statements, results, counters):
        self.settings, self.sessions, self.statements, self.results, self.counters = settings, sessions, statements, results, counters
        self.by_id, self.by_request = {}, {}

    # --- submit

    async def query_request(self, request, fault):
        session = self.sessions.of(request)
        request_id = request.query.get("requestId", "")
        if not UUID.fullmatch(request_id):
            raise Refused("390400", f"Bad request: requestId {request_id!r} is no UUID.")
        body = request.json
        if not isinstance(body, dict) or not isinstance(body.get("sqlText"), str) or not bare(body["sqlText"]):
            raise Refused("000900", "SQL compilation error: Empty SQL statement.", {"sqlState": "42601"})
        self.counters.add("query_requests")
        known = self.by_request.get((session.user, request_id))
        if known is not None and known.sql != body["sqlText"]:
            raise Refused("390400", "Bad request: one requestId for two statements.")
        if known is not None and request.query.get("retry") == "true":
            self.counters.add("query_requests_joined")
            query = known
        else:
            if known is not None:
                self.counters.add("query_requests_run_again")
            query = self.submit(session, request_id, body)
        if fault.get("in_progress"):
            owe(query, fault["in_progress"])
        if query.asynchronous:
            await asyncio.sleep(0)
            return self.running(query, "333334")
        return await self.answer(query, request, self.settings.sync_hold, "333333")

    def submit(self, session, request_id, body):
        query = Query(self.new_id(), request_id, body["sqlText"], session, body.get("parameters") or {}, body.get("bindings") or {},
                      bool(body.get("describeOnly")), time.time(), bool(body.get("asyncExec")))
        self.by_id[query.id] = query
        self.by_request[session.user, request_id] = query
        query.task = asyncio.get_running_loop().create_task(self.run(query))
        return query

    def new_id(self):
        return "01" + str(uuid.uuid4())[2:]

    # --- run

    async def run(self, query):
        try:
            await self.settle(query)
        except Refused as error:
            query.error = error
        except asyncio.CancelledError:
            query.error = SqlError("000604", "57014", "SQL execution canceled")
        except Exception as error:  # noqa: BLE001  a defect of this server must look like one, not like a hang
            query.error = SqlError("000603", "XX000", f"scripted server: {type(error).__name__}: {error}")
        if query.error is not None:
            query.error.data = {**(query.error.data or {}), "queryId": query.id, "sqlState": getattr(query.error, "state", None)}
            if query.children and self.settings.failed_names_results:
                query.error.data |= named(query.children)
        query.ended = time.time()
        query.done.set()

    async def settle(self, query):
        texts = split(query.sql)
        wanted = {name.upper(): value for name, value in query.parameters.items()}.get(
            "MULTI_STATEMENT_COUNT", query.session.parameters.get("MULTI_STATEMENT_COUNT", 1))
        if int(wanted) not in (0, len(texts)):
            raise SqlError("000008", "0A000", f"Actual statement count {len(texts)} did not match the desired statement count {wanted}.")
        if len(texts) == 1:
            await self.execute(query)
            return
        if query.bindings:
            raise SqlError("000006", "0A000", "Multiple statements with bind variables are not supported.")
        if query.describe_only:
            raise SqlError("000009", "0A000", "Multiple statements cannot be described.")
        for text in texts:
            child = Query(self.new_id(), "", text, query.session, query.parameters, {}, False, time.time())
            self.by_id[child.id] = child
            child.task = query.task
            await self.execute(child)
            child.ended = time.time()
            child.done.set()
            query.children.append(child)
        column = text_column("multiple statement execution")
        query.outcome = Outcome(Rows([column], [["Multiple statements executed successfully."]]), MULTI, True)

    async def execute(self, query):
        wait = self.timeout(query, self.statements.seconds(query.sql))
        if wait and not query.describe_only:
            await asyncio.sleep(wait)
        outcome = self.of_another_query(query) or self.statements.run(query.session, query.sql, query.bindings)
        if not query.describe_only:
            self.counters.statement(query.sql, outcome.type_id, query.session, query.parameters)
            query.session.context |= outcome.context
            query.session.parameters |= outcome.parameters
        query.outcome = outcome

    def of_another_query(self, query):
        """RESULT_SCAN and SYSTEM$CANCEL_QUERY name a query by its id; None for any other statement."""
        scan = RESULT_SCAN.fullmatch(bare(query.sql))
        if scan:
            other = self.by_id.get(scan.group(1))
            if other is None or other.outcome is None or other.session.user != query.session.user:
                raise SqlError("002003", "02000", f"SQL compilation error:\nStatement {scan.group(1)} not found")
            return Outcome(other.outcome.rows)
        cancel = CANCEL_QUERY.fullmatch(bare(query.sql))
        if cancel:
            other = self.by_id.get(cancel.group(1))
            with contextlib.suppress(Refused):
                self.abort(other)
            return Outcome(Rows([text_column("SYSTEM$CANCEL_QUERY")], [[f"query [{cancel.group(1)}] terminated."]]))
        return None

    def timeout(self, query, wait):
        limits = {**query.session.parameters, **{name.upper(): value for name, value in query.parameters.items()}}
        limit = int(limits.get("STATEMENT_TIMEOUT_IN_SECONDS") or 0)
        if limit and wait > limit and not query.describe_only:
            query.task.get_loop().call_later(limit, self.time_out, query, limit)
        return wait

    @staticmethod
    def time_out(query, limit):
        if not query.done.is_set():
            query.error = SqlError("000630", "57014", f"Statement reached its statement or warehouse timeout of {limit} second(s) and was canceled.")
            query.error.data |= {"queryId": query.id, "sqlState": "57014"}
            query.ended = time.time()
            query.done.set()
            query.task.cancel()

    # --- answers

    async def answer(self, query, request, hold, code):
        """The final answer, or "in progress" after `hold` seconds."""
        if query.owed_polls > 0:
            query.owed_polls -= 1
            await asyncio.sleep(hold if query.poll_hold is None else query.poll_hold)
            return self.running(query, code)
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(query.done.wait(), hold)
        return self.final(query, request) if query.done.is_set() else self.running(query, code)

    def final(self, query, request):
        if query.error is not None:
            return query.error.reply()
        return ok(self.results.data(query, query.session, request))

    def running(self, query, code):
        message = "Query execution in progress." if code == "333333" else "Query execution in progress; asynchronous."
        data = {"queryId": query.id, "getResultUrl": f"/queries/{query.id}/result", "queryAbortsAfterSecs": 300, "progressDesc": None,
                "monitoring": None}
        return Reply.of({"data": data, "code": code, "message": message, "success": True})

    async def result(self, request, query_id):
        session = self.sessions.of(request)
        self.counters.add("result_requests")
        query = self.by_id.get(query_id)
        if query is None or query.session.user != session.user:
            raise Refused("000612", f"Result for query {query_id} has not been found.", {"sqlState": "02000"})
        return await self.answer(query, request, self.settings.poll_hold, "333334" if query.asynchronous else "333333")

    def monitoring(self, request, query_id):
        session = self.sessions.of(request)
        query = self.by_id.get(query_id)
        if query is None or query.session.user != session.user:
            return ok({"queries": []})
        error = query.error if query.done.is_set() else None
        return ok({"queries": [{
            "id": query.id, "status": query.state, "state": query.state, "sqlText": query.sql, "sessionId": query.session.number,
            "startTime": int(query.started * 1000), "endTime": int(query.ended * 1000), "warehouseName": query.session.context["warehouse"],
            "totalDuration": int(((query.ended or time.time()) - query.started) * 1000), "errorCode": error.code if error else "",
            "errorMessage": error.message if error else "", "stats": {},
        }]})

    # --- abort

    def abort_request(self, request):
        session = self.sessions.of(request)
        wanted = request.json.get("requestId", "")
        self.counters.add("aborts_by_request")
        query = self.by_request.get((session.user, wanted))
        return self.abort(query)

    def abort_by_id(self, request, query_id):
        session = self.sessions.of(request)
        self.counters.add("aborts_by_id")
        query = self.by_id.get(query_id)
        if query is None or query.session.user != session.user:
            raise Refused("000709", "Statement " + query_id + " not found", {"sqlState": "02000"})
        return self.abort(query)

    def abort(self, query):
        if query is None or query.done.is_set():
            raise Refused("000605", "Identified SQL statement is not currently executing.", {"sqlState": "57014"})
        self.counters.add("aborted")
        query.owed_polls = 0
        query.task.cancel()
        return ok(None)


def named(children):
    """Of several statements, those that ran."""
    return {"resultIds": ",".join(child.id for child in children), "resultTypes": ",".join(str(child.outcome.type_id) for child in children)}


def owe(query, order):
    """`order`: how many answers "in progress", or {"polls": n, "hold": seconds each}."""
    if isinstance(order, dict):
        query.owed_polls, query.poll_hold = order["polls"], order.get("hold")
    else:
        query.owed_polls, query.poll_hold = order, 0
