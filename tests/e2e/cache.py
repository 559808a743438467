"""The result cache from outside: memory, file, Redis; two replicas, a restart, a kill, a Redis that dies.

Real Redis servers, started here on ports that the kernel gives.
"""

import concurrent.futures
import contextlib
import json
import pathlib
import shutil
import signal
import socket
import sqlite3
import subprocess
import time
import urllib.request

from support.asking import REVISION
from support.servers import check, snowflake_mcp

KEYS = "one key that all replicas have"
SLOW = "SELECT COUNT(*) FROM TRANSPORT.FLIGHTS_3M A JOIN (SELECT 1 AS N UNION ALL SELECT 2 UNION ALL SELECT 3) B ON TRUE"


def ask(server, query, **arguments):
    """{"rows", "cache"} of one execute_query."""
    _, host, port = server
    meta = {"io.modelcontextprotocol/protocolVersion": REVISION, "io.modelcontextprotocol/clientCapabilities": {}}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": {"name": "execute_query", "arguments": {"query": query, **arguments}, "_meta": meta}}
    headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream", "MCP-Protocol-Version": REVISION,
               "Mcp-Method": "tools/call", "Mcp-Name": "execute_query"}
    request = urllib.request.Request(f"http://{host}:{port}/mcp", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        result = json.loads(answer.read())["result"]
    return {"rows": result.get("structuredContent", {}).get("rows"), "cache": result.get("_meta", {}).get("snowflake-mcp/cache", {}).get("status"),
            "text": result["content"][0]["text"][:300]}


@contextlib.contextmanager
def redis(folder, port=None):
    """A Redis of our own: yields its port and its process."""
    if port is None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
    process = subprocess.Popen(["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            time.sleep(0.05)
        yield port, process
    finally:
        process.kill()
        process.wait()


def redis_cli(port, *words):
    return subprocess.run(["redis-cli", "-p", str(port), *words], capture_output=True, text=True, errors="replace", timeout=30, check=False).stdout


def entries(port):
    """The names of what is kept; locks are not among them."""
    return [name for name in redis_cli(port, "KEYS", "test:*").split() if not name.endswith(":lock")]


def until(what, seconds=20):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if got := what():
            return got
        time.sleep(0.05)
    return what()


def kept_in(path):
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        return database.execute("SELECT COUNT(*) FROM entries").fetchone()[0]


def memory():
    with snowflake_mcp() as server:
        first, second = ask(server, "SELECT 40 + 2"), ask(server, "select  40 + 2 -- the same\n;")
        check("cache/memory/the same question again", first["cache"] == "miss" and second["cache"] == "hit" and second["rows"] == [[42]], f"{first} {second}")
        fresh = ask(server, "SELECT 40 + 2", fresh=True)
        check("cache/memory/fresh goes round it", fresh["cache"] == "bypass" and fresh["rows"] == [[42]], f"{fresh}")
        chance = [ask(server, "SELECT RANDOM()") for _ in range(2)]
        check("cache/memory/what changes by itself is not kept", all(one["cache"] is None for one in chance) and chance[0]["rows"] != chance[1]["rows"], f"{chance}")
    with snowflake_mcp(env={"ENABLE_QUERY_CACHING": "false"}) as server:
        first, second = ask(server, "SELECT 40 + 2"), ask(server, "SELECT 40 + 2")
        check("cache/off/nothing is kept", first["cache"] is None and second["cache"] is None, f"{first} {second}")


def coalescing():
    with snowflake_mcp() as server:
        with concurrent.futures.ThreadPoolExecutor(40) as crowd:
            answers = list(crowd.map(lambda _: ask(server, SLOW), range(40)))
        same = all(answer["rows"] == [[9_000_000]] for answer in answers)
        check("cache/coalescing/forty at once get one answer", same, f"{answers[0]}")


def file(folder):
    env = {"CACHE_TYPE": "file", "CACHE_DIR": f"{folder}/cache", "STATE_KEYS": KEYS}
    with snowflake_mcp(env=env) as server:
        ask(server, "SELECT 'kept'")
    with snowflake_mcp(env=env) as server:
        again = ask(server, "SELECT 'kept'")
        check("cache/file/survives a restart", again["cache"] == "hit" and again["rows"] == [["kept"]], f"{again}")
        ask(server, "SELECT 'killed'")
        until(lambda: kept_in(f"{folder}/cache/answers.sqlite") >= 2)
        server[0].process.send_signal(signal.SIGKILL)
        server[0].process.wait()
    with snowflake_mcp(env=env) as server:
        again = ask(server, "SELECT 'killed'")
        check("cache/file/survives a kill", again["cache"] == "hit" and again["rows"] == [["killed"]], f"{again}")
    with snowflake_mcp(env=env | {"STATE_KEYS": "another key than the one before"}) as server:
        again = ask(server, "SELECT 'kept'")
        check("cache/file/another key opens nothing", again["cache"] == "miss" and again["rows"] == [["kept"]], f"{again}")
    path = pathlib.Path(folder) / "cache" / "answers.sqlite"
    check("cache/file/nobody can read it", b"killed" not in path.read_bytes() and path.stat().st_mode & 0o077 == 0, f"{path.stat().st_mode:o}")
    path.write_bytes(b"not a database, but long enough to be looked at as one: " * 40)
    with snowflake_mcp(env=env) as server:
        again = ask(server, "SELECT 'kept'")
        check("cache/file/a damaged file is begun anew", again["cache"] == "miss" and again["rows"] == [["kept"]], f"{again}")


def shared_by_redis(folder):
    with redis(folder) as (port, process):
        env = {"CACHE_TYPE": "redis", "REDIS_PORT": str(port), "STATE_KEYS": KEYS, "CACHE_KEY_PREFIX": "test"}
        with snowflake_mcp(env=env) as one, snowflake_mcp(env=env) as other:
            until(lambda: ask(one, "SELECT 'warm'")["cache"] and redis_cli(port, "DBSIZE").strip() != "0")
            ask(one, "SELECT 'shared'")
            until(lambda: len(entries(port)) >= 2)
            seen = ask(other, "SELECT 'shared'")
            check("cache/redis/what one server asked another has", seen["cache"] == "hit" and seen["rows"] == [["shared"]], f"{seen}")
            near = ask(other, "SELECT 'shared'")
            check("cache/redis/then from its own memory", near["cache"] == "hit", f"{near}")
            names = entries(port)
            values = "".join(redis_cli(port, "GET", name) for name in names)
            check("cache/redis/keys and values tell nothing", names and "shared" not in "".join(names) + values, f"{names}")
            check("cache/redis/entries end by themselves", int(redis_cli(port, "PTTL", names[0])) > 0, redis_cli(port, "PTTL", names[0]))

            # Somebody takes the entry away: the other server's memory is told.
            for name in names:
                redis_cli(port, "DEL", name)
            gone = until(lambda: ask(other, "SELECT 'shared'")["cache"] == "miss", 10)
            check("cache/redis/what was taken away is not shown from memory", gone)

            # One that was moved or made up is a miss.
            ask(one, "SELECT 'first'")
            ask(one, "SELECT 'second'")
            until(lambda: len(entries(port)) >= 2)
            for name in entries(port):
                redis_cli(port, "SET", name, "made up", "PX", "60000")
            lied = until(lambda: ask(other, "SELECT 'first'")["rows"] == [["first"]])
            check("cache/redis/what was made up is not believed", lied)

            with concurrent.futures.ThreadPoolExecutor(20) as crowd:
                crowded = list(crowd.map(lambda i: ask(one if i % 2 else other, SLOW), range(20)))
            check("cache/redis/a crowd on two servers gets its answer", all(answer["rows"] == [[9_000_000]] for answer in crowded), f"{crowded[:2]}")
            asked = sum(answer["cache"] == "miss" for answer in crowded)
            check("cache/redis/one server asked for both", 1 <= asked < 20 and any(answer["cache"] == "hit" for answer in crowded), f"{asked} misses")

            process.send_signal(signal.SIGSTOP)
            started = time.monotonic()
            hung = ask(one, "SELECT 'while it hangs'")
            check("cache/redis/a Redis that hangs costs a moment", hung["rows"] == [["while it hangs"]] and time.monotonic() - started < 5, f"{hung}")
            process.send_signal(signal.SIGCONT)
            process.kill()
            process.wait()
            dead = [ask(one, f"SELECT 'dead {number}'") for number in range(20)]
            check("cache/redis/a dead Redis is no error", all(answer["rows"] for answer in dead), f"{dead[-1]}")
            again = ask(one, "SELECT 'dead 19'")
            check("cache/redis/memory still keeps", again["cache"] == "hit", f"{again}")
            with redis(folder, port):
                back = until(lambda: ask(one, f"SELECT {time.monotonic_ns()}") and redis_cli(port, "DBSIZE").strip() not in ("0", ""), 30)
                check("cache/redis/it comes back", back)


def run(folder):
    memory()
    coalescing()
    file(folder)
    if shutil.which("redis-server") is None:
        check("cache/redis", False, "redis-server is not installed")
        return
    shared_by_redis(folder)
