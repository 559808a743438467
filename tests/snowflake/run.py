"""Judges of the Snowflake client: the official drivers against the scripted server. One JSON line a check; any Python 3.11.

  run.py [word]...    only checks whose name has one of the words
"""

import contextlib
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import traceback

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import accounts  # noqa: E402
import checks  # noqa: E402
import conversations  # noqa: E402
import official  # noqa: E402
import ours  # noqa: E402
import submitted  # noqa: E402
import tools  # noqa: E402
import values  # noqa: E402
from support.fakesnow import fakesnow  # noqa: E402
from support.snowflake import scripted  # noqa: E402
from support.wiremock import wiremock  # noqa: E402

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
    if counters.get("logins", 0) != logins or counters.get("login_failures"):
        return f"logins {counters}"
    if counters.get("aborted", 0) != logins:
        return f"{counters.get('aborted')} statements were aborted, not {logins}"
    if counters.get("chunk_requests_with_token"):
        return "a token went to the chunks"
    if counters["notes"].get("defects") or counters["notes"].get("bad_requests"):
        return json.dumps(counters["notes"])
    return "" if counters["sessions"] == 0 else f"{counters['sessions']} sessions were not logged out"


def drivers_at_the_scripted_server():
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
        ours.tables(server, report, wanted)


# --- recorded conversations

def scene_fault(scene, answer):
    """Whether an answer ({"rows"}, {"results"}, {"count"} or {"error"}) is the scene's."""
    if scene.error:
        said = str(answer.get("error", ""))
        return "" if scene.error.lower() in said.lower() else f"no error of {scene.error!r}: {str(answer)[:600]}"
    got = answer.get("results", answer.get("rows"))
    if scene.count:
        count = answer.get("count", len(got or []))
        return "" if count == scene.count else f"{count} rows, not {scene.count}: {str(answer)[:600]}"
    if got is None or [[squeezed(cell) for cell in row] for row in got] != [[squeezed(cell) for cell in row] for row in scene.rows]:
        return f"{str(answer)[:600]}, not {scene.rows}"
    return ""


def squeezed(cell):
    """Without blanks, and without the zeros that end a fraction of a second."""
    if not isinstance(cell, str):
        return cell
    cell = cell.replace(" ", "").replace("\n", "")
    return re.sub(r"(T[\d:]{8})(\.\d*?)0*(?=$|[Z+-])", lambda found: found.group(1) + found.group(2).rstrip("."), cell)


def missing(scene, mock):
    """Paths that should have been asked, and requests that no recorded one matches."""
    asked = [one["url"] for one in mock.asked()]
    unasked = [path for path in scene.must_ask if not any(path in url for url in asked)]
    return f"never asked: {unasked}; asked: {asked}" if unasked else ""


def driver_in_scene(scene, driver, mock, home, key):
    """What went wrong when the driver played the scene, or ""."""
    mock.play(*scene.files)
    step = scene.step or {"query": scene.sql, **({"count_only": True} if scene.count else {})}
    job = {name: key if value == "KEY" else value for name, value in scene.job.items()}
    try:
        answer = official.work(official.commands()[driver], mock.port, [step], home, **job)[0]
    except RuntimeError as error:
        answer = {"error": str(error)}
    return scene_fault(scene, answer) or missing(scene, mock)


def conversations_by_drivers(mock, home, key):
    for scene in conversations.SCENES:
        for driver in scene.drivers:
            name = f"recorded {scene.name}: {driver}"
            if not wanted(name):
                continue
            if official.commands()[driver] is None:
                skip(name, "its toolchain is not installed")
                continue
            report(name, driver_in_scene(scene, driver, mock, home, key))


def recorded_conversations():
    if not any(wanted(f"recorded {scene.name}: {who}") for scene in conversations.SCENES for who in (*scene.drivers, "ours")):
        return
    with tempfile.TemporaryDirectory() as home, wiremock() as mock:
        key = str(pathlib.Path(home) / "key.p8")
        subprocess.run(["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", key], check=True,
                       capture_output=True)
        conversations_by_drivers(mock, home, key)
        ours.scenes(mock, key, report, wanted, scene_fault, missing)


# --- fakesnow

def fakesnow_by_its_driver():
    """That the server others wrote runs here, with the driver it is made for."""
    name = "fakesnow with python-4"
    if not wanted(name) and not wanted("ours at fakesnow"):
        return
    steps = [{"query": "CREATE TABLE sales.public.t AS SELECT 1 AS a, 'x' AS b"}, {"query": "SELECT a, b FROM sales.public.t"}]
    with tempfile.TemporaryDirectory() as home, fakesnow() as port:
        answers = official.work(official.commands()["python-4"], port, steps, home)
        ours.at_fakesnow(port, report, wanted)
    report(name, "" if answers[-1].get("rows") == [["1", "x"]] else str(answers))


def tools_that_only_snowflake_has():
    for name, why in tools.checks():
        report(f"ours: {name}", why)


def the_check_command():
    if not WORDS or any("check" in word for word in WORDS):
        for name, why in checks.checks():
            report(name, why)


def several_accounts():
    if wanted("accounts/"):
        for name, why in accounts.checks():
            report(name, why)


def statements_that_are_submitted():
    if wanted("submitted"):
        for name, why in submitted.checks():
            report(name, why)


def main():
    for part in (drivers_at_the_scripted_server, recorded_conversations, fakesnow_by_its_driver, tools_that_only_snowflake_has,
                 the_check_command, several_accounts, statements_that_are_submitted):
        try:
            part()
        except Exception:  # noqa: BLE001  the next part may still say something
            print(json.dumps({"name": part.__name__, "result": "failed", "why": traceback.format_exc()}), flush=True)


if __name__ == "__main__":
    main()
