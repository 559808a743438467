"""Snowflake's Python driver (4.8.1 or 5.x, whichever the interpreter has) behind the job of README.md."""

import datetime
import decimal
import json
import sys
import time

import snowflake.connector
from snowflake.connector.constants import QueryStatus


def fraction(microseconds):
    return f".{microseconds:06d}".rstrip("0").rstrip(".") if microseconds else ""


def cell(value):
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, decimal.Decimal)):
        return str(value)
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).hex().upper()
    if isinstance(value, datetime.datetime):
        text = value.replace(microsecond=0, tzinfo=None).isoformat() + fraction(value.microsecond)
        if value.tzinfo is None:
            return text
        minutes = int(value.utcoffset().total_seconds() // 60)
        sign, minutes = "-" if minutes < 0 else "+", abs(minutes)
        return f"{text}{sign}{minutes // 60:02d}:{minutes % 60:02d}"
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, datetime.time):
        return value.replace(microsecond=0).isoformat() + fraction(value.microsecond)
    if isinstance(value, datetime.timedelta):
        return str((value.days * 86400 + value.seconds) * 10**9 + value.microseconds * 1000)
    return json.dumps(value, default=str, ensure_ascii=False, separators=(",", ":"))


def rows(cursor):
    return [[cell(value) for value in row] for row in cursor.fetchall()]


def run(connection, step):
    cursor = connection.cursor()
    if "bind" in step:
        return {"rows": rows(cursor.execute(step["bind"], step["values"]))}
    if "async" in step:
        cursor.execute_async(step["async"])
        query_id = cursor.sfqid
        while connection.is_still_running(status := connection.get_query_status(query_id)):
            time.sleep(0.05)
        if status != QueryStatus.SUCCESS:
            return {"error": {"code": "", "message": str(status)}}
        cursor.get_results_from_sfqid(query_id)
        return {"rows": rows(cursor), "query_id": query_id}
    if "cancel" in step:
        cursor.execute_async(step["cancel"])
        query_id = cursor.sfqid
        time.sleep(step["after"])
        if not cursor.abort_query(query_id):
            raise RuntimeError("abort_query says no")
        cursor.get_results_from_sfqid(query_id)
        return {"rows": rows(cursor)}
    if "multi" in step:
        cursor.execute(step["multi"], num_statements=step["count"])
        found = [rows(cursor)]
        while cursor.nextset():
            found.append(rows(cursor))
        return {"results": found}
    got = rows(cursor.execute(step["query"]))
    return {"count": len(got), "last": got[-1]} if step.get("count_only") else {"rows": got}


def main():
    decimal.getcontext().prec = 60  # the driver's Arrow road rounds DECFLOAT to the context's precision
    job = json.loads(sys.stdin.read())
    more = {"private_key_file": job["private_key"]} if job.get("private_key") else {"password": job["password"]}
    if job.get("private_key") and snowflake.connector.__version__.startswith("5"):
        more["authenticator"] = "SNOWFLAKE_JWT"
    answers = []
    connection = snowflake.connector.connect(
        account=job["account"], user=job["user"], host=job["host"], port=job["port"], protocol="http", database="SALES",
        schema="PUBLIC", warehouse="COMPUTE_WH", session_parameters=job.get("parameters") or {}, paramstyle="qmark", **more,
    )
    for step in job["steps"]:
        try:
            answers.append(run(connection, step))
        except Exception as error:  # noqa: BLE001  the answer is what the driver said
            answers.append({"error": {"code": str(getattr(error, "errno", "")), "message": f"{type(error).__name__}: {error}"}})
    connection.close()
    print(json.dumps({"driver": "python", "version": snowflake.connector.__version__, "answers": answers}))


if __name__ == "__main__":
    main()
