#!/usr/bin/env python3
"""A Snowflake that answers at once and costs nearly nothing: nginx with canned answers, for measuring what a client costs.

It knows one answer a path: log-in, any statement (one row, one column: 1), heartbeat, renewal, abort, log-out. What is measured against it
is the client alone. As a module: `with canned_snowflake() as port`. As a program it serves until Enter is pressed:

    bench/snowflake_server.py --serve
"""
import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time

NUMBER = {"name": "1", "type": "fixed", "length": None, "byteLength": None, "precision": 1, "scale": 0, "nullable": False, "database": "",
          "schema": "", "table": "", "collation": None}
PARAMETERS = [{"name": "AUTOCOMMIT", "value": True}, {"name": "TIMEZONE", "value": "America/Los_Angeles"},
              {"name": "CLIENT_SESSION_KEEP_ALIVE", "value": False}, {"name": "CLIENT_RESULT_CHUNK_SIZE", "value": 160},
              {"name": "CLIENT_PREFETCH_THREADS", "value": 4}, {"name": "CLIENT_TELEMETRY_ENABLED", "value": False}]
CONTEXT = {"databaseName": "SALES", "schemaName": "PUBLIC", "warehouseName": "COMPUTE_WH", "roleName": "ANALYST"}


def envelope(data):
    return json.dumps({"data": data, "code": None, "message": None, "success": True}, separators=(",", ":"))


LOGIN = envelope({
    "token": "session-token", "masterToken": "master-token", "validityInSeconds": 3600, "masterValidityInSeconds": 14400,
    "sessionId": 12345678901, "displayUserName": "TESTER", "serverVersion": "9.99.9", "firstLogin": False, "remMeToken": None,
    "remMeValidityInSeconds": 0, "healthCheckInterval": 45, "parameters": PARAMETERS, "sessionInfo": CONTEXT})
RENEWAL = envelope({"sessionToken": "session-token", "validityInSecondsST": 3600, "masterToken": "master-token",
                    "validityInSecondsMT": 14400, "sessionId": 12345678901})
ANSWER = envelope({
    "parameters": PARAMETERS, "rowtype": [NUMBER], "rowset": [["1"]], "total": 1, "returned": 1,
    "queryId": "01b2c3d4-0000-1111-0000-000100020003", "databaseProvider": None, "finalDatabaseName": "SALES",
    "finalSchemaName": "PUBLIC", "finalWarehouseName": "COMPUTE_WH", "finalRoleName": "ANALYST", "numberOfBinds": 0,
    "arrayBindSupported": False, "statementTypeId": 4096, "version": 1, "sendResultTime": 1700000000000, "queryResultFormat": "json"})
CANNED = {
    "= /session/v1/login-request": LOGIN, "= /session/token-request": RENEWAL, "= /queries/v1/query-request": ANSWER,
    "= /session/heartbeat": envelope(None), "= /session": envelope(None), "= /queries/v1/abort-request": envelope(None),
    "= /telemetry/send": envelope("Log Received"),
}


def configuration(port, folder, canned, files):
    locations = "".join(f"        location {path} {{ return 200 '{body}'; }}\n" for path, body in (CANNED | canned).items())
    if files:
        locations += f"        location /files/ {{ alias {files}/; }}\n"
    return (
        f"daemon off;\nworker_processes 1;\nerror_log {folder}/error.log error;\npid {folder}/pid;\n"
        "events { worker_connections 1024; }\n"
        "http {\n    access_log off;\n    default_type application/json;\n    keepalive_requests 100000000;\n    keepalive_timeout 600s;\n"
        f"    client_body_temp_path {folder}/body;\n    proxy_temp_path {folder}/proxy;\n    fastcgi_temp_path {folder}/fastcgi;\n"
        f"    uwsgi_temp_path {folder}/uwsgi;\n    scgi_temp_path {folder}/scgi;\n"
        f"    server {{\n        listen 127.0.0.1:{port} backlog=1024;\n{locations}        location / {{ return 404 '{{}}'; }}\n    }}\n}}\n")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def canned_snowflake(canned=None, files=""):
    """The port of an nginx that runs for the time of the `with`. `canned(port)`: other answers than the usual ones; `files`: a folder that
    is served under /files/."""
    nginx = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")
    if nginx is None:
        raise RuntimeError("nginx is not installed: scripts/deps bench")
    with tempfile.TemporaryDirectory(prefix="canned-snowflake-") as folder:
        port = free_port()
        with open(f"{folder}/nginx.conf", "w", encoding="ascii") as file:
            file.write(configuration(port, folder, canned(port) if canned else {}, files))
        process = subprocess.Popen([nginx, "-p", folder, "-e", f"{folder}/error.log", "-c", f"{folder}/nginx.conf"])
        try:
            wait_for(port, process)
            yield port
        finally:
            process.terminate()
            process.wait(10)


def wait_for(port, process):
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.02)
    raise RuntimeError("nginx did not start")


def main():
    if sys.argv[1:] != ["--serve"]:
        print(__doc__)
        return
    with canned_snowflake() as port:
        print(json.dumps({"port": port}), flush=True)
        sys.stdin.readline()


if __name__ == "__main__":
    main()
