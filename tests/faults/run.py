"""snowflake-mcp against the scripted Snowflake: every fault of cases.py. One JSON line a check; any Python 3.11.

  run.py [word]...    only checks whose name has one of the words
"""

import http.client
import json
import pathlib
import sys
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import batching  # noqa: E402
import cases  # noqa: E402
import pages  # noqa: E402
import waits  # noqa: E402
from scripted_snowflake.mixed_rows import row  # noqa: E402
from support.asking import POOL, asking  # noqa: E402
from support.servers import check, result  # noqa: E402
from support.snowflake import scripted  # noqa: E402

WORDS = sys.argv[1:]
# A write is allowed here, so that it can be counted how often it runs.
WRITES = {"ALLOWED_SQL_COMMANDS": "SELECT,SHOW,DESCRIBE,EXPLAIN,WITH,VALUES,INSERT"}


def wanted(name):
    return not WORDS or any(word in name for word in WORDS)


ORDERS = [[1, "Ann", Decimal("10.50")], [2, "Bob", Decimal(200)], [3, None, Decimal("0.05")]]


def rows_fault(sql, rows):
    """What is wrong with the rows of a statement of cases.py, or ""."""
    if sql == cases.CHUNKED:
        expected = [[str(n), row(n)[3]] for n in range(2500)]
        got = [[str(one[0]), one[3]] for one in rows]
        return "" if got == expected else f"{len(got)} rows, not the {len(expected)} right ones"
    if sql == cases.ORDERS:
        return "" if [one[:3] for one in rows] == ORDERS else f"wrong rows: {rows}"
    return "" if len(rows) == 1 else f"{len(rows)} rows"


def answer_fault(case, answer):
    """Whether the answer is what the case allows."""
    if "broken" in answer:
        return f"no answer: {answer['broken']}"
    if answer["seconds"] > case.seconds:
        return f"took {answer['seconds']:.1f} s, more than {case.seconds}: {str(answer)[:300]}"
    if "rows" in answer:
        if case.expect == "error":
            return f"rows where an error was due: {str(answer['rows'])[:300]}"
        return rows_fault(getattr(case, "sql", cases.ORDERS), answer["rows"])
    if case.expect == "rows":
        return f"an error where rows were due: {answer['error'][:600]}"
    if not answer["error"].strip():
        return "an error without words"
    if case.says and not any(word.lower() in answer["error"].lower() for word in case.says):
        return f"the error names none of {case.says}: {answer['error'][:600]}"
    return ""


def pool_fault(caller):
    """Whether as many callers as the pool has sessions are all served, at once."""
    with ThreadPoolExecutor(POOL) as threads:
        answers = list(threads.map(lambda _: caller.ask(cases.ORDERS, 20), range(POOL)))
    for answer in answers:
        why = rows_fault(cases.ORDERS, answer["rows"]) if "rows" in answer else f"{answer}"
        if why:
            return f"afterwards the pool is not whole: {why[:600]}"
    return ""


def foreign(faults, server):
    """`FOREIGN*` in a redirect is another host's address, as far as a client can tell."""
    text = json.dumps(faults).replace("FOREIGN", f"http://localhost:{server.ports['foreign']}")
    return json.loads(text)


def arm(server, faults):
    for one in foreign(faults, server):
        server.arm(**one)


def one_case(case, server, caller):
    server.reset()
    if case.settings:
        server.set(**case.settings)
    arm(server, case.faults)
    answer = caller.ask(case.sql, case.seconds)
    why = answer_fault(case, answer)
    if case.faults and not any(one["struck"] for one in server.faults()):
        why = why or "the fault struck nothing"
    if not why and case.counters:
        time.sleep(0.3 if "abort" in case.name or "without end" in case.name else 0)
        why = case.counters(server.counters())
    server.disarm()
    server.set(format="auto", sync_hold=45, poll_hold=45)
    return why or pool_fault(caller)


def queries():
    for group, listed in cases.QUERY_CASES.items():
        chosen = [case for case in listed if wanted(f"{group}/{case.name}")]
        if not chosen:
            continue
        with scripted(inline_rows=500, chunk_rows=500) as server, asking(server.port) as caller:
            for case in chosen:
                try:
                    why = one_case(case, server, caller)
                except Exception:  # noqa: BLE001  the next case may still say something
                    why = traceback.format_exc()
                check(f"{group}/{case.name}", not why, why)
            defects = server.counters()["notes"].get("defects")
            check(f"{group}/the scripted server itself", not defects, str(defects))


def writes():
    """Each write runs once, and the next statement works."""
    names = [name for name in cases.WRITE_FAULTS if wanted(f"writes/{name}")]
    if not names:
        return
    with scripted() as server, asking(server.port, WRITES) as caller:
        for number, name in enumerate(names):
            sql = f"INSERT INTO LEDGER VALUES ({number})"
            server.reset()
            server.arm(cases.QUERY, cases.WRITE_FAULTS[name], sql="INSERT")
            answer = caller.ask(sql, 40)
            time.sleep(0.2)
            ran = server.counters()["writes_by_text"].get(sql, 0)
            why = f"ran {ran} times; the caller was told {str(answer)[:400]}" if ran != 1 else ""
            if not why and "error" in answer and "may have run" not in answer["error"]:
                why = f"the caller is not told that it may have run: {answer['error'][:400]}"
            if not why and "broken" in answer:
                why = f"no answer: {answer}"
            server.disarm()
            why = why or pool_fault(caller)
            check(f"writes/{name}", not why, why)


def filled(env, server, port):
    """Settings with what only the running server knows in place of KEY:…, CA and ORIGIN."""
    def value(text):
        if text.startswith("KEY:"):
            return server.keys[text[4:]]
        return text.replace("ORIGIN", f"http://127.0.0.1:{server.ports[port]}") if text != "CA" else server.ca

    return {name: value(text) for name, text in env.items()}


def one_login(case, server):
    server.reset()
    arm(server, case.faults)
    env = filled(case.env, server, case.port)
    try:
        return asked_after_login(case, server, env)
    except RuntimeError as error:  # it did not start: an error is due, and these are its words
        return answer_fault(case, {"error": str(error), "seconds": 0})


def asked_after_login(case, server, env):
    with asking(server.ports[case.port], env) as caller:
        answer = caller.ask(cases.ORDERS, case.seconds)
        why = answer_fault(case, answer)
        if why:
            return why
        if case.expect == "rows":
            return pool_fault(caller)
        for _ in range(2):
            caller.ask(cases.ORDERS, case.seconds)
        counters = server.counters()
        if case.most_logins and counters.get("login_attempts", 0) > case.most_logins:
            return f"{counters['login_attempts']} login attempts, at most {case.most_logins} are right"
        return cases.no_token_abroad(counters)


def logins():
    chosen = [case for case in cases.LOGIN_CASES if wanted(f"login/{case.name}")]
    if not chosen:
        return
    with scripted("--keys", "--tls") as server:
        for case in chosen:
            try:
                why = one_login(case, server)
            except Exception:  # noqa: BLE001
                why = traceback.format_exc()
            check(f"login/{case.name}", not why, why)


def idle_day_fault(server):
    """A server that nobody asks sends no statement beyond one context statement a login."""
    counters = server.counters()
    allowed = counters.get("logins", 0)
    if counters.get("statements", 0) > allowed:
        return f"{counters['statements']} statements for {allowed} logins: {counters['statements_by_text']}"
    return ""


def idle():
    if not wanted("idle/nobody asks"):
        return
    with scripted() as server, asking(server.port, {"CONNECTION_POOL_HEALTH_CHECK_INTERVAL_MINUTES": "1"}) as caller:
        time.sleep(2)
        connection = http.client.HTTPConnection(caller.host, caller.port, timeout=10)
        connection.request("GET", "/ready")
        connection.getresponse().read()
        connection.close()
        why = idle_day_fault(server)
        check("idle/nobody asks", not why, why)


def large_results():
    pages.run(wanted)


def reads_in_one():
    batching.run(wanted)


def each_wait():
    waits.run(wanted)


def main():
    for part in (queries, writes, logins, idle, large_results, each_wait, reads_in_one):
        try:
            part()
        except Exception:  # noqa: BLE001
            result(part.__name__, "failed", traceback.format_exc())


if __name__ == "__main__":
    main()
