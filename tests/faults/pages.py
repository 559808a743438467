"""Pages of a large result: a cursor goes on in the result that it comes from, by query id, on any replica."""

import contextlib

from scripted_snowflake.mixed_rows import row
from support.asking import asking
from support.servers import check
from support.snowflake import scripted

ROWS = 2500
SQL = f"SELECT * FROM MIXED_ROWS_{ROWS}"
KEYS = {"STATE_KEYS": "one key that all replicas have"}
SOMEBODY = "a key of somebody who asks here"
SOMEBODY_ELSE = "a key of somebody else who asks here"


def page(caller, limit, cursor="", sql=SQL):
    """{"rows", "cursor", "truncated"} or {"error"}."""
    answer = caller.call("execute_query", {"query": sql, "limit": limit, **({"cursor": cursor} if cursor else {})})
    shown = answer.get("structured")
    if not shown:
        return {"error": answer.get("error") or str(answer)}
    return {"rows": shown["rows"], "cursor": shown.get("cursor", ""), "truncated": shown["truncated"], "note": shown.get("note", "")}


def whole(callers, limit):
    """All pages, each from the next of the callers: (rows, pages, error)."""
    rows, cursor, pages = [], "", 0
    while True:
        got = page(callers[pages % len(callers)], limit, cursor)
        pages += 1
        if "error" in got:
            return rows, pages, got["error"]
        rows += got["rows"]
        cursor = got["cursor"]
        if got["truncated"] != bool(cursor):
            return rows, pages, f"truncated is {got['truncated']}, and the cursor {cursor!r}"
        if not cursor:
            return rows, pages, ""


def is_whole(rows):
    return [[str(one[0]), one[3]] for one in rows] == [[str(n), row(n)[3]] for n in range(ROWS)]


def on_two_replicas(server, one, other):
    for limit in (333, 500, 700, 1000, 2499, 2500):
        server.reset()
        rows, pages, error = whole([one, other], limit)
        ran = server.counters()["statements_by_text"].get(SQL, 0)
        name = f"pages/of {limit} rows on two replicas are the whole"
        check(name, not error and is_whole(rows) and ran == 1, f"{len(rows)} rows on {pages} pages, ran {ran} times: {error}")


def skips_chunks(server, one, other):
    first = page(one, 1700)
    server.reset()
    last = page(other, 1000, first.get("cursor", ""))
    fetched = sorted(int(entry["target"].split("data_")[1].split("?")[0]) for entry in server.log() if "/results/" in entry["target"])
    # Rows 0 to 499 stand in the answer, 500 in each chunk: row 1700 lies in the third.
    check("pages/what lies before the cursor is not downloaded", len(last.get("rows", [])) == 800 and fetched == [2, 3], f"chunks {fetched}, {last.get('error')}")


def expired(server, one, other):
    first = page(one, 100)
    server.arm("GET /queries/*/result", {"code": "000612", "message": "Result for query 01 has not been found."}, times=0)
    gone = page(other, 100, first["cursor"])
    said = gone.get("error", "")
    check("pages/a result that has expired is said in plain words", "expired" in said and "run the statement again" in said and "000612" not in said, f"{gone}")
    server.disarm()
    again = page(other, 100, first["cursor"])
    check("pages/and service comes back", [str(one[0]) for one in again.get("rows", [])] == [str(n) for n in range(100, 200)], f"{again}"[:400])


def urls_have_expired(server, one, other):
    first = page(one, 900)
    server.arm("GET /results/*", {"status": 403, "body": "<Error><Code>AccessDenied</Code></Error>"}, times=2)
    second = page(other, 2500, first["cursor"])
    server.disarm()
    check("pages/chunks whose addresses have expired are asked for anew", len(second.get("rows", [])) == 1600, f"{str(second)[:400]}")


def of_others(server):
    env = KEYS | {"ENABLE_API_KEY_AUTH": "true", "VALID_API_KEYS": f"{SOMEBODY},{SOMEBODY_ELSE}"}
    with asking(server.port, env) as mine, asking(server.port, env | {"SNOWFLAKE_USER": "another"}) as account:
        mine.key = SOMEBODY
        first = page(mine, 100)
        mine.key = SOMEBODY_ELSE
        foreign = page(mine, 100, first["cursor"])
        account.key = SOMEBODY
        moved = page(account, 100, first["cursor"])
        mine.key = SOMEBODY
        own = page(mine, 100, first["cursor"])
        check("pages/of another caller are unknown", "unknown" in foreign.get("error", ""), f"{foreign}"[:300])
        check("pages/of another account's user are unknown", "unknown" in moved.get("error", ""), f"{moved}"[:300])
        check("pages/one's own are not", len(own.get("rows", [])) == 100, f"{own}"[:300])


def run(wanted):
    if not wanted("pages"):
        return
    with scripted(inline_rows=500, chunk_rows=500) as server, contextlib.ExitStack() as stack:
        one, other = (stack.enter_context(asking(server.port, KEYS)) for _ in range(2))
        on_two_replicas(server, one, other)
        skips_chunks(server, one, other)
        expired(server, one, other)
        urls_have_expired(server, one, other)
        of_others(server)
        defects = server.counters()["notes"].get("defects")
        check("pages/the scripted server itself", not defects, str(defects))
