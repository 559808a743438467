"""Snowflake's drivers as processes behind the job of drivers/README.md: which there are, how they start, what they cannot do."""

import decimal
import functools
import json
import os
import shutil
import subprocess

from support.servers import BUILD, NODE, ROOT
from support.snowflake import PYTHON

DRIVERS = ROOT / "tests" / "snowflake" / "drivers"
DOWNLOADS = ROOT / "third_party" / ".downloads"
PYTHON_5 = DOWNLOADS / "venv-snowflake-5" / "bin" / "python"
JDBC_JAR = DOWNLOADS / "jars" / "snowflake-jdbc.jar"


@functools.cache
def go_driver():
    """Builds the Go program once; None where there is no Go."""
    go = shutil.which("go")
    if go is None:
        return None
    binary = BUILD.parent / "snowflake" / "go-driver"
    binary.parent.mkdir(parents=True, exist_ok=True)
    done = subprocess.run([go, "build", "-mod=readonly", "-o", binary, "."], cwd=DRIVERS / "go", capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"go build failed:\n{done.stderr}")
    return binary


def commands():
    """{driver: command}; None where its toolchain is missing."""
    go, java = go_driver(), shutil.which("java")
    return {
        "python-4": [PYTHON, DRIVERS / "python_driver.py"],
        "python-5": [PYTHON_5, DRIVERS / "python_driver.py"],
        "node": [NODE, DRIVERS / "node_driver.mjs"],
        "go": [go] if go else None,
        "jdbc": [java, "--add-opens=java.base/java.nio=ALL-UNNAMED", "-Duser.timezone=UTC", "-cp", JDBC_JAR, DRIVERS / "JdbcDriver.java"]
        if java else None,
    }


def work(command, port, steps, home, **more):
    """The driver's answers, one a step. RuntimeError with its output when it did not get to the end."""
    job = {"host": "127.0.0.1", "port": port, "user": "tester", "password": "correct horse", "account": "acct", "steps": steps, **more}
    environment = {**os.environ, "SNOWFLAKE_DISABLE_PLATFORM_DETECTION": "true", "HOME": str(home), "NO_PROXY": "127.0.0.1"}
    done = subprocess.run([str(part) for part in command], input=json.dumps(job), capture_output=True, text=True, errors="replace",
                          env=environment, timeout=240, check=False)
    lines = [line for line in done.stdout.split("\n") if line.startswith('{"')]
    if done.returncode != 0 or not lines:
        raise RuntimeError(f"exit {done.returncode}\n{done.stdout[-1500:]}\n{done.stderr[-3000:]}")
    return json.loads(lines[-1])["answers"]


# --- what a driver cannot hold: {(driver, format or "*", table): (reason, rule)}. The rule is "fails" (the driver gives an error or wrong
# rows: when it no longer does, the line here is out of date and the check fails), "skip" (the driver's process dies of it), or a function
# of (column, value, the driver's value) that says whether a difference is of that kind.

def microseconds(kind, value, got):
    """Python's times end at microseconds, cut off."""
    return isinstance(value, int) and isinstance(got, int) and got == value // 1000 * 1000


def doubles(kind, value, got):
    """Numbers inside a JSON document as JavaScript's doubles; text, null and undefined as values of the language."""
    return kind["type"] in ("variant", "array", "object")


def julian(kind, value, got):
    """Before 15 October 1582 JDBC answers in the Julian calendar."""
    in_days = value if kind["type"] == "date" else value // (86400 * 10**9) if isinstance(value, int) else 0
    return in_days < -141427


def fewer_digits(kind, value, got):
    """A decimal number through binary floating point."""
    return isinstance(got, decimal.Decimal) and value is not None and abs(got - value) <= abs(value) * decimal.Decimal("1e-9")


def sign_of_fraction(kind, value, got):
    """Go adds the fraction of a negative instant instead of subtracting it: wrong by twice the fraction."""
    return isinstance(value, int) and value < 0 and isinstance(got, int) and got - value == 2 * (-value % 10**9)


def in_seconds(kind, value, got):
    """A day-time interval as seconds, through binary floating point."""
    return kind["type"] == "interval_day_time" and fewer_digits(kind, value / 10**9, got)


KNOWN = {}


def known(drivers, form, tables, reason, rule):
    for driver in drivers.split():
        for table in tables.split():
            KNOWN[driver, form, table] = (reason, rule)


known("python-4 python-5", "*", "TIME TIMESTAMP_NTZ TIMESTAMP_TZ", "datetime holds microseconds", microseconds)
known("python-4 python-5", "*", "INTERVALS", "timedelta holds microseconds", lambda kind, value, got: abs(value - got) < 1000)
known("python-4 python-5", "*", "TIMESTAMP_LTZ", "the year 1 in America/Los_Angeles is before datetime's first", "fails")
known("python-4 python-5", "*", "LONG_INTERVAL", "timedelta ends at 999,999,999 days", "fails")
known("node", "*", "SEMI", "documents become JavaScript values", doubles)
known("node", "*", "STRUCTURED", "its second row of structured values cannot be read", "skip")
known("go", "*", "STRUCTURED", "a null in a list of numbers ends the process", "skip")
known("go", "*", "FIXED SMALL_NUMBERS DECFLOAT", "decimals become big.Float", fewer_digits)
known("go", "json", "TIMESTAMP_NTZ TIMESTAMP_LTZ TIMESTAMP_TZ", "negative instants with a fraction are wrong", sign_of_fraction)
known("go", "arrow", "VECTOR", "vectors only in JSON", "fails")
known("go", "arrow", "INTERVALS LONG_INTERVAL", "intervals are no type of Go's driver", in_seconds)
known("jdbc", "json", "INTERVALS LONG_INTERVAL", "intervals only in Arrow", "fails")
known("jdbc", "*", "DATE TIMESTAMP_NTZ TIMESTAMP_LTZ TIMESTAMP_TZ", "the Julian calendar before 1582", julian)


def exception(driver, form, table):
    return KNOWN.get((driver, form, table)) or KNOWN.get((driver, "*", table)) or (None, None)
