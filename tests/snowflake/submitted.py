"""Statements that clients with tasks submit: run once for all who ask at once, kept, told of while they run. Yields (name, why) pairs; an empty
why is a pass."""

import concurrent.futures
import http.client
import json

from support import asking
from support.snowflake import scripted
from tools import SHARED_KEYS, TASKS, client, expect, until


def at_once(one, number, sql):
    """The answers of so many clients that ask the same."""
    with concurrent.futures.ThreadPoolExecutor(number) as pool:
        return list(pool.map(lambda _: one.tool("execute_query", {"query": sql}, TASKS), range(number)))


def ran(fake, sql):
    return fake.counters()["statements_by_text"].get(sql, 0)


def heard(one, task_ids, capabilities=TASKS):
    """What a listener is told, until its tasks have ended; or the refusal."""
    meta = {"io.modelcontextprotocol/protocolVersion": asking.REVISION, "io.modelcontextprotocol/clientCapabilities": capabilities}
    body = {"jsonrpc": "2.0", "id": 7, "method": "subscriptions/listen", "params": {"notifications": {"taskIds": task_ids}, "_meta": meta}}
    connection = http.client.HTTPConnection(one.host, one.port, timeout=20)
    messages = []
    try:
        connection.request("POST", "/mcp", json.dumps(body), {"Content-Type": "application/json", "Accept": "application/json, text/event-stream",
                                                              "MCP-Protocol-Version": asking.REVISION, "Mcp-Method": "subscriptions/listen"})
        response = connection.getresponse()
        if "text/event-stream" not in response.headers.get("Content-Type", ""):
            return [json.loads(response.read())]
        open_tasks = set(task_ids)
        while open_tasks:
            line = response.readline()
            if not line:
                break
            if not line.startswith(b"data:") or not line[5:].strip():
                continue
            messages.append(json.loads(line[5:]))
            params = messages[-1].get("params", {})
            if params.get("status") not in (None, "working", "input_required"):
                open_tasks.discard(params.get("taskId"))
    finally:
        connection.close()
    return messages


def reads(fake):
    with client(fake.port, ENABLE_QUERY_CACHING="true", TASK_AFTER_SECONDS="2", STATE_KEYS=SHARED_KEYS) as one:
        quick = "SELECT * FROM SLOW_800"
        answers = at_once(one, 4, quick)
        rows = [answer.get("structuredContent", {}).get("rows") for answer in answers]
        yield "identical ones at once run once", expect(rows == [[[800]]] * 4 and ran(fake, quick) == 1, [answers, ran(fake, quick)])
        again = one.tool("execute_query", {"query": quick}, TASKS)
        yield "what came soon is kept", expect(again.get("_meta", {}).get("snowflake-mcp/cache", {}).get("status") == "hit", again)
        fresh = one.tool("execute_query", {"query": quick, "fresh": True}, TASKS)
        yield "a fresh one runs anew", expect(fresh.get("structuredContent", {}).get("rows") == [[800]] and ran(fake, quick) == 2, fresh)

        slow = "SELECT * FROM SLOW_5000"
        tasks = at_once(one, 2, slow)
        ids = [task.get("taskId", "") for task in tasks]
        yield "those that take long become a task each", expect(all(ids) and ids[0] != ids[1], tasks)
        one.request("tasks/cancel", {"taskId": ids[0]}, TASKS)
        told = heard(one, ids)
        states = [(message["params"]["taskId"] == ids[1], message["params"]["status"]) for message in told if message.get("method") == "notifications/tasks"]
        ends = [message["params"].get("result", {}).get("structuredContent", {}).get("rows") for message in told if "status" in message.get("params", {})]
        agreed = told[0].get("params", {}).get("notifications", {}).get("taskIds")
        yield "a listener is told what is agreed", expect(agreed == ids, told[0])
        yield "and of each status once", expect(sorted(states) == sorted([(mine, status) for mine in (False, True) for status in ("working", "completed")]), states)
        yield "of one statement", expect(ran(fake, slow) == 1, ran(fake, slow))
        yield "one who has enough does not end it for the other", expect([[5000]] in ends, told)
        refused = heard(one, ids, {})
        yield "a client without tasks is not told", expect(refused[0].get("error", {}).get("code") == -32021, refused)
        alone = one.tool("execute_query", {"query": "SELECT * FROM SLOW_40000"}, TASKS)
        one.request("tasks/cancel", {"taskId": alone.get("taskId", "")}, TASKS)
        state = until(lambda: one.request("tasks/get", {"taskId": alone.get("taskId", "")}, TASKS).get("result", {}), lambda got: got.get("status") != "working")
        yield "a task of one caller is ended by that caller", expect(state.get("status") == "cancelled", state)


def writes(fake):
    with client(fake.port, ENABLE_QUERY_CACHING="true", ALLOWED_SQL_COMMANDS="SELECT, SHOW, INSERT") as one:
        read = "SELECT * FROM SLOW_1"
        status = lambda: one.tool("execute_query", {"query": read}).get("_meta", {}).get("snowflake-mcp/cache", {}).get("status")
        yield "a read is kept", expect((status(), status()) == ("miss", "hit"), "")
        given = one.structured("submit_query", {"query": "INSERT INTO T VALUES (1)"})
        yield "a submitted write empties the cache", expect(given.get("handle") and status() == "miss", given)
        yield "a read is kept again", expect(status() == "hit", "")
        until(lambda: one.structured("query_status", {"handle": given["handle"]}), lambda s: s.get("state") not in ("queued", "running"))
        yield "and forgotten when the write is seen to have ended", expect(status() == "miss", "")
        both = at_once(one, 2, "INSERT INTO T VALUES (2)")
        yield "writes are never shared", expect(ran(fake, "INSERT INTO T VALUES (2)") == 2, both)
        tool = one.tools()["submit_query"]
        yield "submit_query does not claim to read only", expect(tool["annotations"].get("readOnlyHint") is False and "read-only" not in tool["description"], tool)


def checks():
    for part in (reads, writes):
        with scripted() as fake:
            for name, why in part(fake):
                yield f"submitted {part.__name__}/{name}", why
