"""Several accounts in one server: snowflake-mcp against two scripted Snowflakes. Yields (name, why) pairs; an empty why is a pass."""

import contextlib
import json
import pathlib
import subprocess
import tempfile
import urllib.request

from support import servers
from support.snowflake import scripted
from tools import SHARED_KEYS, TASKS, client, expect, until

SAME = "SELECT WHO FROM WHERE_AM_I"
TEXT = {"name": "WHO", "type": "text", "length": 16, "byteLength": 64, "precision": None, "scale": None, "nullable": True}
# Nothing of the usual settings: what a connection does not say, the settings would fill in.
BARE = {name: "" for name in ("SNOWFLAKE_ACCOUNT", "SNOWFLAKE_USER", "SNOWFLAKE_PASSWORD", "SNOWFLAKE_PROTOCOL", "SNOWFLAKE_HOST", "SNOWFLAKE_PORT",
                              "SNOWFLAKE_WAREHOUSE", "SNOWFLAKE_DATABASE", "SNOWFLAKE_SCHEMA", "SNOWFLAKE_CONNECTION_NAME")}


def connection(port, role="ANALYST", password="correct horse"):
    return {"account": "acct", "user": "tester", "password": password, "host": "127.0.0.1", "port": port, "protocol": "http", "role": role,
            "warehouse": "COMPUTE_WH", "database": "SALES", "schema": "PUBLIC"}


@contextlib.contextmanager
def configured(**connections):
    """A folder with connections.toml, as settings."""
    with tempfile.TemporaryDirectory() as home:
        path = pathlib.Path(home) / "connections.toml"
        path.write_text("".join(f"[{name}]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in table.items())
                                for name, table in connections.items()))
        path.chmod(0o600)
        yield {**BARE, "SNOWFLAKE_HOME": home, "SNOWFLAKE_CONNECTIONS": ",".join(connections)}


def who(one, **arguments):
    rows = one.structured("execute_query", {"query": SAME, **arguments}).get("rows")
    return rows[0][0] if rows else rows


def cache(one, **arguments):
    return one.tool("execute_query", {"query": SAME, **arguments}).get("_meta", {}).get("snowflake-mcp/cache", {}).get("status")


def metric(one, text):
    for host, port in one.server.addresses(2):
        with contextlib.suppress(OSError):
            page = urllib.request.urlopen(f"http://{host}:{port}/metrics", timeout=10).read().decode()
            return [line for line in page.splitlines() if line.startswith(text)]
    return []


def which_is_asked(prod, dev, env):
    with client(0, ENABLE_QUERY_CACHING="true", **env) as one:
        tools = one.tools()
        lacking = [name for name, tool in tools.items() if "connection" not in tool["inputSchema"]["properties"]
                   and name not in ("query_status", "query_result", "cancel_query")]
        yield "every tool that asks an account takes connection", expect(not lacking, lacking)
        yield "the first is the default", expect(who(one) == "prod" and cache(one) == "hit", who(one))
        yield "another is asked by its name", expect(who(one, connection="dev") == "dev", who(one, connection="dev"))
        yield "the same text is kept apart", expect((who(one), who(one, connection="dev"), who(one, connection="prod")) == ("prod", "dev", "prod"), "")
        ran = [fake.counters()["statements_by_text"].get(SAME) for fake in (prod, dev)]
        yield "and ran once on each", expect(ran == [1, 1], ran)
        wrong = one.request("tools/call", {"name": "execute_query", "arguments": {"query": SAME, "connection": "test"}})
        yield "a name that is not configured is refused", expect("must be one of" in json.dumps(wrong), wrong)
        first = one.structured("execute_query", {"query": "SELECT * FROM MIXED_ROWS_1200", "limit": 5, "connection": "dev"})
        more = {"query": "SELECT * FROM MIXED_ROWS_1200", "limit": 5, "cursor": first.get("cursor", "")}
        second = one.structured("execute_query", {**more, "connection": "dev"})
        yield "a cursor goes on where it came from", expect([row[0] for row in second.get("rows", [])] == [5, 6, 7, 8, 9], second)
        other = one.request("tools/call", {"name": "execute_query", "arguments": {**more, "connection": "prod"}})
        asked = prod.counters()["statements_by_text"].get(more["query"])
        yield "and nowhere else", expect("cursor" in json.dumps(other) and "rows" not in other and not asked, other)
        sums = {name: sum(float(line.split()[-1]) for line in metric(one, name + "{")) for name in ("pool_connections_max", "mcp_queries_total")}
        yield "figures of all add up", expect(sums["pool_connections_max"] == 6 and sums["mcp_queries_total"] >= 6, sums)
        one.server.stop()
    left = [fake.counters()["sessions"] for fake in (prod, dev)]
    yield "all sessions of both are logged out", expect(left == [0, 0], left)


def handles(prod, dev, env):
    shared = {"STATE_KEYS": SHARED_KEYS, "TASK_AFTER_SECONDS": "1", "DRAIN_DELAY_SECONDS": "0", "ALLOWED_ROLES": "ANALYST,PUBLIC",
              "ALLOWED_WAREHOUSES": "COMPUTE_WH,LOAD_WH", **env}
    with client(0, **shared) as second:
        with client(0, **shared) as first:
            where = {"connection": "dev", "role": "PUBLIC", "warehouse": "LOAD_WH"}
            given = first.structured("submit_query", {"query": "SELECT CURRENT_ROLE(), CURRENT_WAREHOUSE()", **where})
            handle = given.get("handle", "")
            refused = first.request("tools/call", {"name": "submit_query", "arguments": {"query": SAME, "role": "ACCOUNTADMIN"}})
            yield "submit_query takes only roles that are allowed", expect("must be one of" in json.dumps(refused), refused)
            task = first.tool("execute_query", {"query": "SELECT * FROM SLOW_3000", "connection": "dev"}, TASKS)
            doomed = first.structured("submit_query", {"query": "SELECT * FROM SLOW_60000", "connection": "dev"}).get("handle", "")
        status = until(lambda: second.structured("query_status", {"handle": handle}), lambda s: s.get("state") == "succeeded")
        yield "another replica finds a handle's account", expect(status.get("state") == "succeeded", status)
        rows = second.structured("query_result", {"handle": handle}).get("rows")
        yield "it ran in the role and warehouse it asked for", expect(rows == [["PUBLIC", "LOAD_WH"]], rows)
        second.structured("cancel_query", {"handle": doomed})
        status = until(lambda: second.structured("query_status", {"handle": doomed}), lambda s: s.get("state") == "cancelled")
        yield "it is cancelled on its account", expect(status.get("state") == "cancelled", status)
        ask = lambda: second.request("tasks/get", {"taskId": task.get("taskId", "")}, TASKS).get("result", {})
        got = until(ask, lambda state: state.get("status") != "working")
        yield "a task is read on its account", expect(got.get("result", {}).get("structuredContent", {}).get("rows") == [[3000]], got)
    ran = [name for name in prod.counters()["statements_by_text"] if "SLOW" in name or "CURRENT_ROLE" in name]
    yield "nothing of it reached the other account", expect(not ran, ran)
    with client(0, **{**shared, "SNOWFLAKE_CONNECTIONS": "prod"}) as alone:
        lost = alone.tool("query_status", {"handle": handle})
        yield "a handle of an account that is not configured is unknown", expect(lost.get("isError") and "unknown" in json.dumps(lost), lost)
        lost = alone.request("tasks/get", {"taskId": task.get("taskId", "")}, TASKS)
        yield "and so is a task", expect("not found" in json.dumps(lost), lost)


def one_is_down(dev):
    with configured(prod=connection(1), dev=connection(dev.port)) as env:  # nobody listens on port 1
        with client(0, CONNECTION_POOL_CONNECTION_TIMEOUT_SECONDS="2", **env) as one:
            yield "the other answers", expect(who(one, connection="dev") == "dev", who(one, connection="dev"))
            refused = one.tool("execute_query", {"query": SAME})
            yield "what asks it is refused", expect(refused.get("isError") or not refused, refused)
            yield "the other still answers", expect(who(one, connection="dev") == "dev", "")
            ready = urllib.request.urlopen(f"http://{one.host}:{one.port}/ready", timeout=10).status
            yield "the server stays ready", expect(ready == 200, ready)


def check_command(prod, dev):
    with configured(prod=connection(prod.port), dev=connection(dev.port, password="wrong")) as env:
        def checked(*arguments):
            done = subprocess.run([servers.PROGRAM, "check", "--json", *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
                                  env=servers.clean_environment(**{k: v for k, v in env.items() if v}, NO_PROXY="127.0.0.1"), check=False, cwd=env["SNOWFLAKE_HOME"])
            return done.returncode, json.loads(done.stdout)

        code, said = checked()
        failed = {(step.get("connection"), step["name"]) for step in said["steps"] if step["outcome"] == "failed"}
        yield "check looks at each", expect(code == 15 and failed == {("dev", "login")}, said)
        code, said = checked("--connection", "prod")
        yield "or at the one that is named", expect(code == 0 and all(step.get("connection", "prod") == "prod" for step in said["steps"]), said)
        code, said = checked("--connection", "test")
        yield "a name it does not know is said", expect(code == 10 and "prod, dev" in json.dumps(said), said)


def checks():
    for part in (which_is_asked, handles):
        with scripted() as prod, scripted() as dev, configured(prod=connection(prod.port), dev=connection(dev.port)) as env:
            for name, fake in (("prod", prod), ("dev", dev)):
                fake.learn({"sql": SAME, "rowtype": [TEXT], "rows": [[name]]})
            for name, why in part(prod, dev, env):
                yield f"accounts/{part.__name__.replace('_', ' ')}/{name}", why
    with scripted() as prod, scripted() as dev:
        dev.learn({"sql": SAME, "rowtype": [TEXT], "rows": [["dev"]]})
        for part, fakes in ((one_is_down, (dev,)), (check_command, (prod, dev))):
            for name, why in part(*fakes):
                yield f"accounts/{part.__name__.replace('_', ' ')}/{name}", why
