"""Each wait through the whole chain: which one ran out, what cancels a statement in the warehouse, and progress while it runs."""

import contextlib
import http.client
import json
import socket
import threading
import time

from support.asking import REVISION, asking
from support.servers import check
from support.snowflake import scripted

ONE = {"CONNECTION_POOL_MAX_SIZE": "1", "MAX_CONCURRENT_REQUESTS": "1", "ENABLE_CONNECTION_MULTIPLEXING": "false"}
LONG = "SELECT * FROM SLOW_20000"


def until(what, seconds=10):
    deadline = time.monotonic() + seconds
    while not (got := what()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return got


def ask(caller, sql, **more):
    return caller.call("execute_query", {"query": sql, **more})


def names(answer, *words):
    said = answer.get("error", "")
    return all(word in said for word in words)


def timeouts(server):
    with asking(server.port, ONE) as caller:
        ask(caller, "SELECT 1")
        server.reset()
        answer = ask(caller, LONG, timeout_seconds=1)
        check("waits/a statement that takes too long names the query", names(answer, "query", "1 s") and answer["seconds"] < 5, f"{answer}"[:400])
        check("waits/and is cancelled in the warehouse", until(lambda: server.counters().get("aborted", 0) == 1), f"{server.counters()}"[:400])
        other = threading.Thread(target=ask, args=(caller, "SELECT * FROM SLOW_3000"))
        other.start()
        until(lambda: any("SLOW_3000" in json.dumps(entry.get("body") or "") for entry in server.log()))
        answer = ask(caller, "SELECT 2", timeout_seconds=1)
        check("waits/a turn that does not come names the queue", names(answer, "queue") and answer["seconds"] < 4, f"{answer}"[:400])
        other.join()
        answer = ask(caller, "SELECT 3")
        check("waits/service came back", "structured" in answer, f"{answer}"[:400])


def no_session(server):
    with asking(server.port, {"CONNECTION_POOL_MIN_SIZE": "0"}) as caller:
        server.arm("POST */login-request", {"hang": True}, times=0)
        answer = ask(caller, "SELECT 4", timeout_seconds=2)
        server.disarm()
        check("waits/a session that does not come names the pool", names(answer, "session of the pool") and answer["seconds"] < 6, f"{answer}"[:400])
        again = until(lambda: "structured" in ask(caller, "SELECT 5"), 30)
        check("waits/and sessions come again", again)


def post(caller, body, headers):
    connection = http.client.HTTPConnection(caller.host, caller.port, timeout=30)
    connection.request("POST", "/mcp", json.dumps(body), {"Content-Type": "application/json", "Accept": "application/json, text/event-stream", **headers})
    return connection


def call_of(sql, number, meta=None):
    return {"jsonrpc": "2.0", "id": number, "method": "tools/call",
            "params": {"name": "execute_query", "arguments": {"query": sql}, **({"_meta": meta} if meta else {})}}


def runs(server, sql):
    return until(lambda: any(sql in json.dumps(entry.get("body") or "") for entry in server.log()))


def leaving(server, caller):
    """2026-07-28: who closes the connection has cancelled."""
    server.reset()
    meta = {"io.modelcontextprotocol/protocolVersion": REVISION, "io.modelcontextprotocol/clientCapabilities": {}}
    connection = post(caller, call_of(LONG, 1, meta), {"MCP-Protocol-Version": REVISION, "Mcp-Method": "tools/call", "Mcp-Name": "execute_query"})
    runs(server, LONG)
    connection.sock.shutdown(socket.SHUT_RDWR)
    connection.close()
    check("waits/a client that leaves cancels in the warehouse", until(lambda: server.counters().get("aborted", 0) == 1), f"{server.counters()}"[:400])


def cancelling(server, caller):
    """The handshake era: `notifications/cancelled`, on another connection of the session."""
    server.reset()
    version = "2025-06-18"
    hello = {"jsonrpc": "2.0", "id": 1, "method": "initialize",
             "params": {"protocolVersion": version, "capabilities": {}, "clientInfo": {"name": "tests", "version": "1"}}}
    connection = post(caller, hello, {})
    answer = connection.getresponse()
    answer.read()
    session = {"MCP-Protocol-Version": version, **({"Mcp-Session-Id": answer.headers["Mcp-Session-Id"]} if answer.headers.get("Mcp-Session-Id") else {})}
    running = post(caller, call_of(LONG, 7), session)
    runs(server, LONG)
    note = post(caller, {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 7, "reason": "enough"}}, session)
    status = note.getresponse().status
    aborted = until(lambda: server.counters().get("aborted", 0) == 1)
    check("waits/notifications cancelled cancels in the warehouse", aborted and status == 202, f"{status}, {server.counters()}"[:400])
    for one in (connection, running, note):
        one.close()


def progress(caller):
    meta = {"io.modelcontextprotocol/protocolVersion": REVISION, "io.modelcontextprotocol/clientCapabilities": {}, "progressToken": "p1"}
    connection = post(caller, call_of("SELECT * FROM SLOW_4000", 1, meta),
                      {"MCP-Protocol-Version": REVISION, "Mcp-Method": "tools/call", "Mcp-Name": "execute_query"})
    text = connection.getresponse().read().decode()
    connection.close()
    messages = [json.loads(line[5:]) for line in text.split("\n") if line.startswith("data:") and line[5:].strip()]
    told = [message["params"]["progress"] for message in messages if message.get("method") == "notifications/progress"]
    check("waits/progress is told while a statement runs", told and told == sorted(set(told)) and "result" in messages[-1], f"{text[:400]}")


def run(wanted):
    if not wanted("waits"):
        return
    with scripted(sync_hold=1, poll_hold=1) as server, contextlib.ExitStack() as stack:
        timeouts(server)
        no_session(server)
        caller = stack.enter_context(asking(server.port, {"QUERY_TIMEOUT_SECONDS": "60"}))
        leaving(server, caller)
        cancelling(server, caller)
        progress(caller)
        check("waits/service came back after all of it", "structured" in ask(caller, "SELECT 6"))
        defects = server.counters()["notes"].get("defects")
        check("waits/the scripted server itself", not defects, str(defects))
