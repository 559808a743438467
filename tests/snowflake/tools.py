"""The tools that only Snowflake has, tasks over two replicas, and what an idle server costs: snowflake-mcp against the
scripted Snowflake. Yields (name, why) pairs; an empty why is a pass."""

import contextlib
import json
import tempfile
import time

from support import asking
from support.snowflake import scripted

TASKS = {"extensions": {"io.modelcontextprotocol/tasks": {}}}
SHARED_KEYS = "one key that all replicas have"
CORTEX = {"CORTEX_SEARCH_SERVICES": "SALES.PUBLIC.DOCS", "CORTEX_ANALYST_MODELS": "SALES.PUBLIC.REVENUE", "CORTEX_AGENTS": "SALES.PUBLIC.HELPER"}


class Client(asking.Caller):
    """Whole JSON-RPC answers, with the capabilities that are wanted."""

    def request(self, method, params, capabilities=None, principal=None):
        return self.raw(method, params, capabilities or {}, principal)["message"]

    def raw(self, method, params, capabilities, principal):
        import http.client

        meta = {"io.modelcontextprotocol/protocolVersion": asking.REVISION, "io.modelcontextprotocol/clientCapabilities": capabilities}
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": {**params, "_meta": meta}}
        headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream", "MCP-Protocol-Version": asking.REVISION,
                   "Mcp-Method": method}
        if name := params.get("name") or params.get("taskId"):
            headers["Mcp-Name"] = name
        if principal:
            headers["Authorization"] = f"Bearer {principal}"
        connection = http.client.HTTPConnection(self.host, self.port, timeout=40)
        try:
            connection.request("POST", "/mcp", json.dumps(body), headers)
            response = connection.getresponse()
            text = response.read().decode()
            if "text/event-stream" in response.headers.get("Content-Type", ""):
                text = [line[5:].strip() for line in text.split("\n") if line.startswith("data:") and line[5:].strip()][-1]
            return {"status": response.status, "message": json.loads(text)}
        finally:
            connection.close()

    def tool(self, name, arguments, capabilities=None, principal=None):
        return self.request("tools/call", {"name": name, "arguments": arguments}, capabilities, principal).get("result", {})

    def structured(self, name, arguments, **more):
        return self.tool(name, arguments, **more).get("structuredContent", {})

    def tools(self):
        return {tool["name"]: tool for tool in self.request("tools/list", {})["result"]["tools"]}


@contextlib.contextmanager
def client(port, **env):
    with asking.asking(port, env) as caller:
        yield Client(caller.server, caller.host, caller.port)


def until(ask, done, seconds=15):
    """Asks again until it is so; what came last."""
    deadline = time.monotonic() + seconds
    while True:
        last = ask()
        if done(last) or time.monotonic() > deadline:
            return last
        time.sleep(0.1)


def expect(ok, why):
    return "" if ok else json.dumps(why)[:1500]


def submitted_statements(fake):
    with client(fake.port) as one:
        given = one.structured("submit_query", {"query": "SELECT * FROM SLOW_700"})
        handle = given.get("handle", "")
        yield "a handle is given at once", expect(handle and given["query_id"] not in handle, given)
        early = one.tool("query_result", {"handle": handle})
        yield "rows before the end are an error that says so", expect(early.get("isError") and "query_status" in json.dumps(early), early)
        status = until(lambda: one.structured("query_status", {"handle": handle}), lambda s: s.get("state") == "succeeded")
        yield "query_status sees the end", expect(status.get("state") == "succeeded", status)
        rows = one.structured("query_result", {"handle": handle})
        yield "query_result gives the rows", expect(rows.get("rows") == [[700]], rows)
        raw = one.tool("query_status", {"handle": given["query_id"]})
        yield "a raw query id is no handle", expect(raw.get("isError") and "handle" in json.dumps(raw), raw)
        big = one.structured("submit_query", {"query": "SELECT * FROM MIXED_ROWS_1200"})["handle"]
        until(lambda: one.structured("query_status", {"handle": big}), lambda s: s.get("state") == "succeeded")
        first = one.structured("query_result", {"handle": big, "limit": 5})
        second = one.structured("query_result", {"handle": big, "limit": 5, "cursor": first.get("cursor", "")})
        yield "pages go on by a cursor", expect([row[0] for row in second.get("rows", [])] == [5, 6, 7, 8, 9], second)
        long = one.structured("submit_query", {"query": "SELECT * FROM SLOW_60000"})["handle"]
        cancelled = one.structured("cancel_query", {"handle": long})
        status = until(lambda: one.structured("query_status", {"handle": long}), lambda s: s.get("state") == "cancelled")
        yield "cancel_query ends it in the warehouse", expect(cancelled == {"cancelled": True} and status.get("state") == "cancelled", status)
        refused = one.tool("submit_query", {"query": "DROP TABLE T"})
        yield "what changes something is not submitted", expect(refused.get("isError"), refused)
    yield "no write reached the warehouse", expect(not fake.counters()["writes_by_text"], fake.counters()["writes_by_text"])


def handles_belong_to_their_principal(fake):
    keys = {"ENABLE_API_KEY_AUTH": "true", "VALID_API_KEYS": "ann-has-a-long-secret,bob-has-a-long-secret"}
    with client(fake.port, **keys) as one:
        handle = one.structured("submit_query", {"query": "SELECT 1"}, principal="ann-has-a-long-secret").get("handle")
        own = one.structured("query_status", {"handle": handle}, principal="ann-has-a-long-secret")
        other = one.tool("query_status", {"handle": handle}, principal="bob-has-a-long-secret")
        yield "a handle is good for who got it", expect(own.get("state"), own)
        yield "a handle of somebody else is unknown", expect(other.get("isError") and "unknown" in json.dumps(other), other)


def tasks_over_replicas(fake):
    shared = {"STATE_KEYS": SHARED_KEYS, "TASK_AFTER_SECONDS": "1", "DRAIN_DELAY_SECONDS": "0"}
    with client(fake.port, **shared) as second:
        with client(fake.port, **shared) as first:
            quick = first.tool("execute_query", {"query": "SELECT 1"}, TASKS)
            yield "a quick statement is answered", expect(quick.get("structuredContent", {}).get("rows") == [[1]], quick)
            without = first.tool("execute_query", {"query": "SELECT * FROM SLOW_1500"})
            yield "a client without tasks waits", expect(without.get("structuredContent", {}).get("rows") == [[1500]], without)
            task = first.tool("execute_query", {"query": "SELECT * FROM SLOW_4000"}, TASKS)
            yield "a long statement becomes a task", expect(task.get("resultType") == "task" and task.get("status") == "working", task)
            doomed = first.tool("execute_query", {"query": "SELECT * FROM SLOW_50000"}, TASKS)
        # The first replica has drained and gone.
        ask = lambda one: second.request("tasks/get", {"taskId": one.get("taskId", "")}, TASKS).get("result", {})
        got = until(lambda: ask(task), lambda state: state.get("status") != "working")
        rows = got.get("result", {}).get("structuredContent", {}).get("rows")
        yield "another replica reads it after the first has gone", expect(got.get("status") == "completed" and rows == [[4000]], got)
        second.request("tasks/cancel", {"taskId": doomed.get("taskId", "")}, TASKS)
        state = until(lambda: ask(doomed), lambda state: state.get("status") != "working")
        yield "another replica cancels it", expect(state.get("status") == "cancelled", state)
        wrong = second.tool("execute_query", {"query": "SELECT nonsense FROM nowhere"}, TASKS)
        yield "an error of the statement comes as it does elsewhere", expect(wrong.get("isError") and "001003" in json.dumps(wrong), wrong)


def choices(fake):
    with client(fake.port) as one:
        schema = one.tools()["execute_query"]["inputSchema"]["properties"]
        yield "no role or warehouse where there is no choice", expect("role" not in schema and "warehouse" not in schema, list(schema))
        refused = one.request("tools/call", {"name": "execute_query", "arguments": {"query": "SELECT 1", "role": "ACCOUNTADMIN"}})
        yield "and asking for one is refused", expect("role" in json.dumps(refused) and "rows" not in json.dumps(refused), refused)
    with client(fake.port, SNOWFLAKE_ROLE="ANALYST", ALLOWED_ROLES="ANALYST,PUBLIC", ALLOWED_WAREHOUSES="COMPUTE_WH,LOAD_WH") as one:
        schema = one.tools()["execute_query"]["inputSchema"]["properties"]
        yield "roles are an enumeration", expect(schema.get("role", {}).get("enum") == ["ANALYST", "PUBLIC"], schema.get("role"))
        rows = one.structured("execute_query", {"query": "SELECT CURRENT_ROLE(), CURRENT_WAREHOUSE()", "role": "PUBLIC", "warehouse": "LOAD_WH"})
        yield "a statement runs in the role and warehouse it asks for", expect(rows.get("rows") == [["PUBLIC", "LOAD_WH"]], rows)
        rows = one.structured("execute_query", {"query": "SELECT CURRENT_ROLE(), CURRENT_WAREHOUSE()"})
        yield "and the next one in the configured ones", expect(rows.get("rows") == [["ANALYST", "COMPUTE_WH"]], rows)
        for tool, right in (("list_roles", {"ANALYST", "PUBLIC"}), ("list_warehouses", {"COMPUTE_WH", "LOAD_WH"})):
            listed = one.structured(tool, {})
            names = [column["name"] for column in listed.get("columns", [])]
            marked = {row[names.index("name")] for row in listed.get("rows", []) if row[names.index("allowed")] is True}
            yield f"{tool} marks what may be asked for", expect(marked and marked == right & {row[names.index("name")] for row in listed["rows"]}, listed)
        wrong = one.request("tools/call", {"name": "execute_query", "arguments": {"query": "SELECT 1", "role": "ACCOUNTADMIN"}})
        yield "a role that is not allowed is refused by name", expect("must be one of" in json.dumps(wrong), wrong)


def answers_are_not_shared_between_accounts(fake):
    with tempfile.TemporaryDirectory() as folder:
        shared = {"ENABLE_QUERY_CACHING": "true", "CACHE_TYPE": "file", "CACHE_DIR": folder, "STATE_KEYS": SHARED_KEYS}
        seen = []
        for env in ({}, {}, {"SNOWFLAKE_USER": "somebody_else"}, {"SNOWFLAKE_ACCOUNT": "other"}, {"SNOWFLAKE_TIMEZONE": "Asia/Tokyo"},
                    {"SNOWFLAKE_ROLE": "PUBLIC"}):
            with client(fake.port, **shared, **env) as one:
                answer = one.tool("execute_query", {"query": "SELECT 1"})
                seen.append((answer.get("_meta", {}).get("snowflake-mcp/cache", {}).get("status"), str(env)))
        yield "the same account, user and parameters share", expect(seen[1][0] == "hit", seen)
        yield "no others do", expect(all(status == "miss" for status, _ in seen[2:]), seen)


def cost_guard(fake):
    with client(fake.port, MAX_BYTES_SCANNED="1") as one:
        refused = one.tool("execute_query", {"query": "SELECT 1"})
        yield "a statement that would scan too much is refused", expect(refused.get("isError") and "MAX_BYTES_SCANNED" in json.dumps(refused), refused)
        shown = one.structured("list_warehouses", {})
        yield "SHOW is not asked about", expect(shown.get("rows"), shown)
    ran = fake.counters()["statements_by_text"]
    yield "it never ran", expect("SELECT 1" not in ran and "EXPLAIN" in json.dumps(ran), ran)
    fake.arm("POST */query-request", {"status": 403}, sql="^EXPLAIN", times=0)
    for setting, runs in (("refuse", False), ("run", True)):
        with client(fake.port, MAX_BYTES_SCANNED="1", COST_GUARD_ON_ERROR=setting) as one:
            said = one.tool("execute_query", {"query": "SELECT 7"})
            right = said.get("structuredContent", {}).get("rows") == [[7]] if runs else said.get("isError") and "COST_GUARD_ON_ERROR" in json.dumps(said)
            yield f"where EXPLAIN fails and COST_GUARD_ON_ERROR is {setting}", expect(right, said)
    fake.disarm()


def cortex(fake):
    with client(fake.port) as one:
        names = set(one.tools())
        yield "AI objects are offered only where configured", expect(not names & {"cortex_search", "cortex_analyst", "cortex_agent", "list_semantic_views"}, sorted(names))
    with client(fake.port, SEMANTIC_VIEWS="true", **CORTEX) as one:
        found = one.structured("cortex_search", {"service": "SALES.PUBLIC.DOCS", "query": "returns"})
        yield "cortex_search answers", expect(found.get("answer", {}).get("results"), found)
        said = one.structured("cortex_analyst", {"question": "How much?"})
        yield "cortex_analyst answers", expect(said.get("answer", {}).get("message", {}).get("role") == "analyst", said)
        agent = one.structured("cortex_agent", {"agent": "SALES.PUBLIC.HELPER", "question": "hi"})
        yield "cortex_agent answers", expect(agent.get("answer", {}).get("status") == "completed", agent)
        other = one.request("tools/call", {"name": "cortex_search", "arguments": {"service": "SALES.PUBLIC.SECRET", "query": "x"}})
        yield "a service that is not configured is refused", expect("CORTEX_SEARCH_SERVICES" in json.dumps(other), other)
        yield "semantic views are offered", expect("query_semantic_view" in one.tools(), "")


def idle_costs_nothing(fake):
    before = fake.counters()["statements_by_text"]
    with client(fake.port, CONNECTION_POOL_MIN_SIZE="3") as one:
        import urllib.request

        ready = until(lambda: fake.counters()["logins"], lambda logins: logins >= 3)
        for _ in range(20):
            for path in ("ready", "health"):
                urllib.request.urlopen(f"http://{one.host}:{one.port}/{path}", timeout=10).read()
    after = {text: count for text, count in fake.counters()["statements_by_text"].items() if count != before.get(text, 0)}
    yield "sessions were opened", expect(ready >= 3, ready)
    yield "nothing ran but one context statement a login", expect(set(after) <= {"USE SECONDARY ROLES NONE"}, after)


def checks():
    """Each on a Snowflake of its own."""
    for part in (submitted_statements, handles_belong_to_their_principal, tasks_over_replicas, choices, answers_are_not_shared_between_accounts, cost_guard, cortex, idle_costs_nothing):
        with scripted() as fake:
            for name, why in part(fake):
                yield f"{part.__name__.replace('_', ' ')}/{name}", why
