"""Judges of the Snowflake client: the official drivers against the scripted server. One JSON line a check; any Python 3.11.

  run.py [word]...    only checks whose name has one of the words
"""

import contextlib
import json
import pathlib
import sys
import tempfile
import traceback

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import official  # noqa: E402
import values  # noqa: E402
from support.snowflake import scripted  # noqa: E402

WORDS = sys.argv[1:]
FORMATS = {"node": ["json"]}  # the others: both
LAST_MIXED = ["11999", "839.93", "1499.875", "theta 11999", "true", "2002-11-08", "03:19:59.999", "2020-09-18T15:46:03.000011999",
              "2020-09-19T03:46:03.999+12:00", '{"n":11999,"half":5999.5}']
FLOW = [
    ("chunks", {"query": "SELECT * FROM MIXED_ROWS_12000", "count_only": True}),
    ("bindings", {"bind": "SELECT ?, ?", "values": ["a", "it's"]}),
    ("asynchronous", {"async": "SELECT * FROM SLOW_300"}),
    ("cancel", {"cancel": "SELECT * FROM SLOW_20000", "after": 1}),
    ("several statements", {"multi": "SELECT 1; SELECT 'two;'; SELECT 3", "count": 3}),
    ("SQL error", {"query": "SELECT nonsense FROM"}),
    ("context", {"query": "SELECT CURRENT_WAREHOUSE(), CURRENT_DATABASE(), CURRENT_ROLE()"}),
]


def wanted(name):
    return not WORDS or any(word in name for word in WORDS)


def report(name, why=""):
    if wanted(name):
        print(json.dumps({"name": name, "result": "failed" if why else "passed", "why": why}), flush=True)


def skip(name, why):
    if wanted(name):
        print(json.dumps({"name": name, "result": "skipped", "why": why}), flush=True)


def value_fault(driver, form, table, rowtype, rows, answer):
    reason, rule = official.exception(driver, form, table)
    if "rows" not in answer:
        return "" if rule == "fails" else f"no rows: {answer}"
    found = values.differences(rowtype, rows, answer["rows"], *([rule] if callable(rule) else []))
    if rule == "fails":
        return "" if found else f"works now: {reason!r} in official.py is out of date"
    return "\n".join(found)


def flow_fault(step, answer):
    if step == "chunks":
        if answer.get("count") != 12000:
            return f"{answer}"
        from_wire = values.mixed_row_differences(answer["last"], LAST_MIXED)
        return from_wire
    if step == "cancel":
        said = str(answer.get("error", "")).lower()
        return "" if any(word in said for word in ("604", "cancel", "deadline")) else f"{answer}"
    expected = {"bindings": {"rows": [["a", "it's"]]}, "asynchronous": {"rows": [["300"]]},
                "several statements": {"results": [[["1"]], [["two;"]], [["3"]]]},
                "context": {"rows": [["COMPUTE_WH", "SALES", "ANALYST"]]}}.get(step)
    if expected:
        return "" if all(answer.get(key) == value for key, value in expected.items()) else f"{answer}"
    error = answer.get("error", {})
    return "" if "1003" in str(error.get("code")) and "syntax error" in error.get("message", "") else f"{answer}"


def judge(server, driver, command, form, home):
    tables = {sql: table for sql, table in values.tables().items()
              if official.exception(driver, form, sql.split(".")[1])[1] != "skip"}
    steps = [{"query": sql} for sql in tables] + [step for _, step in FLOW]
    server.set(format=form)
    more = {"private_key": server.keys["rsa"]} if form == "json" else {}
    try:
        answers = official.work(command, server.port, steps, home, **more)
    except RuntimeError as error:
        report(f"{driver} {form}", str(error))
        return
    for (sql, (rowtype, rows)), answer in zip(tables.items(), answers):
        report(f"{driver} {form} {sql.split('.')[1]}", value_fault(driver, form, sql.split(".")[1], rowtype, rows, answer))
    for (name, _), answer in zip(FLOW, answers[len(tables):], strict=True):
        report(f"{driver} {form}: {name}", flow_fault(name, answer))


def counters_fault(counters, logins):
    """What every driver together must have left behind."""
    if counters["logins"] != logins or counters.get("login_failures"):
        return f"logins {counters}"
    if counters.get("aborted") != logins:
        return f"{counters.get('aborted')} statements were aborted, not {logins}"
    if counters.get("chunk_requests_with_token"):
        return "a token went to the chunks"
    if counters["notes"].get("defects") or counters["notes"].get("bad_requests"):
        return json.dumps(counters["notes"])
    return "" if counters["sessions"] == 0 else f"{counters['sessions']} sessions were not logged out"


def main():
    with tempfile.TemporaryDirectory() as home, scripted("--keys") as server:
        logins = 0
        for driver, command in official.commands().items():
            if command is None:
                skip(driver, "its toolchain is not installed")
                continue
            for form in FORMATS.get(driver, ["arrow", "json"]):
                if wanted(f"{driver} {form}") or any(word in f"{driver} {form} {table}" for word in WORDS for table in values.tables()):
                    with contextlib.suppress(BrokenPipeError):
                        judge(server, driver, command, form, home)
                    logins += 1
        report("what the drivers left behind", counters_fault(server.counters(), logins))


if __name__ == "__main__":
    try:
        main()
    except Exception:  # noqa: BLE001
        report("run", traceback.format_exc())
