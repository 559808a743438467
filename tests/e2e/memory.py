"""A small MAX_MEMORY_MB, and many large results at once: the process stays within it, says what it refuses, and comes back."""

import concurrent.futures
import http.client
import json
import re
import threading
import time

from support.asking import REVISION
from support.servers import check, snowflake_mcp

LIMIT_MB = 320
CALLERS = 24
EACH = 2
ENV = {"MAX_MEMORY_MB": str(LIMIT_MB), "EMBEDDED_MEMORY_MB": "64", "MAX_RESULT_BYTES": str(256 << 20), "MAX_QUERY_RESULT_ROWS": "1000000",
       "REQUEST_QUEUE_SIZE": "1000", "CACHE_MAX_SIZE_MB": "256", "CONNECTION_POOL_MAX_SIZE": "10"}


def status_kb(pid, name):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(f"{name}:"))


def ask(server, sql, limit=1_000_000, slowly=0.0):
    """{"rows": how many} or {"error"}; what is read is not kept. `slowly`: seconds between two reads."""
    _, host, port = server
    meta = {"io.modelcontextprotocol/protocolVersion": REVISION, "io.modelcontextprotocol/clientCapabilities": {}}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": {"name": "execute_query", "arguments": {"query": sql, "limit": limit}, "_meta": meta}}
    headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream", "MCP-Protocol-Version": REVISION,
               "Mcp-Method": "tools/call", "Mcp-Name": "execute_query"}
    connection = http.client.HTTPConnection(host, port, timeout=120)
    try:
        connection.request("POST", "/mcp", json.dumps(body), headers)
        answer = connection.getresponse()
        tail, size = b"", 0
        while piece := answer.read(1 << 20):
            size += len(piece)
            tail = (tail + piece)[-3000:]
            if slowly:
                time.sleep(slowly)
    except (OSError, http.client.HTTPException) as error:
        return {"error": f"broken: {error}"}
    finally:
        connection.close()
    rows = re.search(rb'"row_count":(\d+)', tail)
    return {"rows": int(rows.group(1)), "bytes": size} if rows else {"error": tail.decode(errors="replace")}


def rows_of(megabytes):
    return megabytes * (1 << 20) // 2 // 1000


def large(number, megabytes=12):
    """A statement of its own, whose answer has so many megabytes."""
    return f"SELECT SEQ4() + {number} AS N, REPEAT('abcdefghij', 98) AS T FROM TABLE(GENERATOR(ROWCOUNT => {rows_of(megabytes)}))"


def metrics(server):
    process, _, _ = server
    for host, port in process.addresses(2):
        connection = http.client.HTTPConnection(host, port, timeout=10)
        connection.request("GET", "/metrics")
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        if answer.status == 200 and "process_memory_bytes" in text:
            return {name: float(value) for name, value in re.findall(r"^(\w+) ([-+.e\d]+)", text, re.MULTILINE)}
    return {}


def crowd(server):
    """CALLERS at once, one of four reads slowly: (answers, largest resident megabytes)."""
    pid, over = server[0].pid, threading.Event()
    seen = []

    def watch():
        while not over.wait(0.01):
            seen.append(status_kb(pid, "VmRSS"))

    watcher = threading.Thread(target=watch)
    watcher.start()
    with concurrent.futures.ThreadPoolExecutor(CALLERS) as threads:
        jobs = [threads.submit(ask, server, large(number), 1_000_000, 0.02 if number % 4 == 0 else 0) for number in range(CALLERS * EACH)]
        answers = [job.result() for job in jobs]
    over.set()
    watcher.join()
    return answers, max([*seen, status_kb(pid, "VmHWM")]) / 1024


def run(_folder):
    with snowflake_mcp(env=ENV) as server:
        answers, peak = crowd(server)
        good = [answer for answer in answers if "rows" in answer]
        refused = [answer["error"] for answer in answers if "error" in answer]
        check("memory/within MAX_MEMORY_MB and a tenth", peak <= LIMIT_MB * 1.1, f"{peak:.0f} MB of {LIMIT_MB}: {len(good)} answers, {len(refused)} refused")
        check("memory/answers are whole", good and all(answer["rows"] == rows_of(12) for answer in good), f"{good[:3]} {refused[:1]}")
        giant = ask(server, large(9_999, 220))
        refused.append(giant.get("error", f"answered: {giant}"))
        other = [error for error in refused if "MAX_MEMORY_MB" not in error]
        check("memory/what is refused names the setting", not other, f"{len(refused)} refused: {other[:2]}")
        peak = status_kb(server[0].pid, "VmHWM") / 1024
        check("memory/a giant stays within it, too", peak <= LIMIT_MB * 1.1, f"{peak:.0f} MB of {LIMIT_MB}")
        found = metrics(server)
        check("memory/metrics say how it stands", found.get("process_memory_limit_bytes") == LIMIT_MB << 20 and "mcp_memory_unleased_bytes" in found,
              f"{found.get('process_memory_limit_bytes')}")
        again = until_whole(server)
        check("memory/large results come again", again.get("rows") == rows_of(12), f"{again}"[:300])


def until_whole(server, seconds=15):
    """What was refused is served as soon as the others are gone."""
    deadline, number = time.monotonic() + seconds, 10_000
    while True:
        answer = ask(server, large(number))
        if "rows" in answer or time.monotonic() > deadline:
            return answer
        number += 1
        time.sleep(0.2)
