"""Limits, quotas and the control plane from outside: one process, two replicas with one Redis, a Redis that dies.

The server listens on a UNIX socket too; what is asked there is asked as `curl --unix-socket` would.
"""

import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import time

from support.asking import REVISION
from support.servers import PROGRAM, check, clean_environment, snowflake_mcp
from cache import ask, redis, redis_cli, until

TOKEN = "a token of the operator"
KEYS = "one key that all replicas have"


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=30)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def answer_of(connection, method, path, body=None, headers=None):
    """(status, headers, JSON or text)"""
    with contextlib.closing(connection):
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        text = response.read().decode()
        try:
            return response.status, response.headers, json.loads(text)
        except ValueError:
            return response.status, response.headers, text


def control(path, method, what, body=None):
    return answer_of(UnixConnection(path), method, what, body)


def post(server, query="SELECT 1", headers=None):
    """(status, headers, JSON) of one execute_query, whatever became of it."""
    _, host, port = server
    meta = {"io.modelcontextprotocol/protocolVersion": REVISION, "io.modelcontextprotocol/clientCapabilities": {}}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "execute_query", "arguments": {"query": query}, "_meta": meta}}
    usual = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream", "MCP-Protocol-Version": REVISION,
             "Mcp-Method": "tools/call", "Mcp-Name": "execute_query"}
    return answer_of(http.client.HTTPConnection(host, port, timeout=60), "POST", "/mcp", json.dumps(body), {**usual, **(headers or {})})


def statuses(server, times, **options):
    return [post(server, **options)[0] for _ in range(times)]


def metrics_port(server):
    """The listener that is not the MCP one."""
    process, _, mcp_port = server
    return next(port for _, port in process.addresses(2) if port != mcp_port)


def by_token(server, method, path, body=None, token=TOKEN, **headers):
    headers = {**({"Authorization": f"Bearer {token}"} if token else {}), **headers}
    return answer_of(http.client.HTTPConnection("127.0.0.1", metrics_port(server), timeout=30), method, path, body, headers)


def status_command(*arguments, env=None, folder="/"):
    return subprocess.run([PROGRAM, "status", *arguments], capture_output=True, text=True, timeout=60, check=False, cwd=folder,
                          env={**clean_environment(), "HOME": folder, **(env or {})})


def keys(folder):
    """API keys in a file: its path, and what their owners send; the second has a quota of its own."""
    path = os.path.join(folder, "api-keys")
    made = []
    for number, more in enumerate(((), ("--queries-per-day", "2"), (), (), (), (), ())):
        done = subprocess.run([PROGRAM, "key", "add", f"caller-{number}", "--set", f"API_KEYS_FILE={path}", *more], capture_output=True, text=True,
                              timeout=60, check=True, cwd=folder, env={**clean_environment(), "HOME": folder})
        made.append({"Authorization": f"Bearer {done.stdout.strip()}"})
    return path, made


def rates(folder):
    env = {"ENABLE_RATE_LIMITING": "true", "RATE_LIMIT_REQUESTS_PER_MINUTE": "1", "RATE_LIMIT_BURST_SIZE": "6"}
    with snowflake_mcp(env=env) as server:
        seen = statuses(server, 10)
        check("limits/rate/just as many as the burst says", seen.count(200) <= 6 and seen[-1] == 429 and set(seen) == {200, 429}, f"{seen}")
        status, headers, body = post(server)
        waits = 1 <= int(headers.get("Retry-After", "0")) <= 60
        check("limits/rate/429 says which limit and when", status == 429 and waits and "RATE_LIMIT_REQUESTS_PER_MINUTE" in json.dumps(body), f"{status} {headers} {body}")
    path, callers = keys(folder)
    one, other = callers[:2]
    env = {"API_KEYS_FILE": path, "CLIENT_RATE_LIMIT_ENABLED": "true", "CLIENT_RATE_LIMIT_REQUESTS_PER_MINUTE": "3"}
    with snowflake_mcp(env=env) as server:
        first, second = statuses(server, 5, headers=one), statuses(server, 2, headers=other)
        check("limits/rate/each caller has its own", first == [200] * 3 + [429] * 2 and second == [200] * 2, f"{first} {second}")
    return path, callers


def quotas(path, callers):
    one, other = callers[:2]
    env = {"API_KEYS_FILE": path, "QUOTA_QUERIES_PER_DAY": "4"}
    with snowflake_mcp(env=env) as server:
        seen = statuses(server, 6, headers=one)
        check("limits/quota/just as many statements as a day has", seen == [200] * 4 + [429] * 2, f"{seen}")
        status, headers, body = post(server, headers=one)
        left = 86400 - time.time() % 86400
        check("limits/quota/429 until the day is over", status == 429 and abs(int(headers.get("Retry-After", "0")) - left) < 60, f"{headers} {left}")
        error = body.get("error", {}) if isinstance(body, dict) else {}
        check("limits/quota/says which quota", "4 queries a day" in error.get("message", "") and error.get("data", {}).get("retryAfterMs", 0) > 0, f"{body}")
        own = statuses(server, 3, headers=other)
        check("limits/quota/a key has its own", own == [200, 200, 429], f"{own}")
    with snowflake_mcp(env={"QUOTA_RESULT_BYTES_PER_DAY": "1000"}) as server:
        seen = statuses(server, 12)
        check("limits/quota/bytes of answers", 1 <= seen.count(200) < 12 and seen[-1] == 429, f"{seen}")


def over_stdio(folder):
    meta = {"io.modelcontextprotocol/protocolVersion": REVISION, "io.modelcontextprotocol/clientCapabilities": {}}

    def lines(env, times):
        calls = "".join(json.dumps({"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": {
            "name": "execute_query", "arguments": {"query": f"SELECT {number}"}, "_meta": meta}}) + "\n" for number in range(times))
        done = subprocess.run([PROGRAM, "stdio"], input=calls, capture_output=True, text=True, timeout=60, check=False, cwd=folder,
                              env={**clean_environment(), "HOME": folder, "STDIO_END_GRACE_SECONDS": "20", **env})
        return sorted((json.loads(line) for line in done.stdout.splitlines()), key=lambda message: message["id"])

    rate = lines({"ENABLE_RATE_LIMITING": "true", "RATE_LIMIT_REQUESTS_PER_MINUTE": "1", "RATE_LIMIT_BURST_SIZE": "2"}, 3)
    error = rate[-1].get("error", {})
    check("limits/stdio/a rate is a retryable error", "result" in rate[1] and error.get("data", {}).get("retryAfterMs", 0) > 0, f"{rate}")
    quota = lines({"QUOTA_QUERIES_PER_DAY": "2", "ENABLE_QUERY_CACHING": "false"}, 3)
    errors = [message["error"] for message in quota if "error" in message]
    check("limits/stdio/so is a quota", len(errors) == 1 and errors[0].get("data", {}).get("retryAfterMs", 0) > 0, f"{quota}")


def plane(folder):
    path = os.path.join(folder, "admin.sock")
    with snowflake_mcp(env={"ADMIN_SOCKET": path, "AUDIT_FILE": os.path.join(folder, "audit")}) as server:
        check("admin/socket/only its owner may open it", os.stat(path).st_mode & 0o777 == 0o600, f"{os.stat(path).st_mode:o}")
        status, _, body = control(path, "GET", "/status")
        names = set(body.get("probes", {})) if isinstance(body, dict) else set()
        check("admin/status/shows every probe", status == 200 and {"pool", "query", "cache", "quotas"} <= names and body["state"] == "ready", f"{status} {body}")
        ask(server, "SELECT 'kept'")
        hit = ask(server, "SELECT 'kept'")["cache"]
        cleared = control(path, "DELETE", "/cache")
        miss = ask(server, "SELECT 'kept'")["cache"]
        check("admin/cache/what was kept is asked again", hit == "hit" and cleared[0] == 200 and miss == "miss", f"{hit} {cleared} {miss}")
        control(path, "POST", "/pool/pause")
        paused = control(path, "GET", "/status")[2]["probes"]["pool"]["paused"]
        resumed = control(path, "POST", "/pool/resume")[0], control(path, "POST", "/pool/drain")[0]
        check("admin/pool/paused, resumed, drained", paused is True and resumed == (200, 200) and ask(server, "SELECT 5")["rows"] == [[5]], f"{paused} {resumed}")
        level = control(path, "PUT", "/log-level", '{"level":"debug"}')
        check("admin/log-level/changes", level[0] == 200 and level[2] == {"level": "debug", "before": "info"}, f"{level}")
        gone = [by_token(server, *act)[0] for act in (("GET", "/status"), ("DELETE", "/cache"), ("POST", "/pool/pause"))]
        check("admin/tcp/nothing there without a token of the server's", gone == [404] * 3, f"{gone}")
        text = status_command(env={"ADMIN_SOCKET": path}, folder=folder)
        as_json = status_command("--json", "--socket", path, folder=folder)
        check("admin/status command/by socket", text.returncode == 0 and "pool:" in text.stdout and json.loads(as_json.stdout)["state"] == "ready", f"{text} {as_json}")
        acts = [json.loads(line) for line in open(os.path.join(folder, "audit"), encoding="utf-8") if '"admin"' in line]
        check("admin/audit/each act", [act["target"] for act in acts[:2]] == ["DELETE /cache", "POST /pool/pause"], f"{acts}")
        ended = server[0].stop()
        check("admin/socket/goes with the server", ended == 0 and not os.path.exists(path), f"{ended} {server[0].output()[-500:]}")
    nobody = status_command("--socket", path, folder=folder)
    unset = status_command(folder=folder)
    check("admin/status command/says that nobody answers", nobody.returncode == 5 and unset.returncode == 2 and "ADMIN_SOCKET" in unset.stderr, f"{nobody} {unset}")
    with snowflake_mcp(env={"ADMIN_TOKEN": TOKEN}) as server:
        seen = [by_token(server, "GET", "/status")[0], by_token(server, "GET", "/status", token=None)[0], by_token(server, "GET", "/status", token="wrong")[0],
                by_token(server, "DELETE", "/cache", Origin="http://evil.example")[0], by_token(server, "GET", "/status", Host="evil.example")[0]]
        check("admin/tcp/token, host and origin are asked for", seen == [200, 401, 401, 403, 403], f"{seen}")
        url = f"http://127.0.0.1:{metrics_port(server)}"
        told = status_command("--url", url, "--json", env={"ADMIN_TOKEN": TOKEN}, folder=folder)
        untold = status_command("--url", url, folder=folder)
        check("admin/status command/by URL", told.returncode == 0 and untold.returncode == 4, f"{told} {untold}")


def cache_status(answer):
    return answer[2].get("result", {}).get("_meta", {}).get("snowflake-mcp/cache", {}).get("status") if isinstance(answer[2], dict) else None


def sharing(servers, port, caller, kind):
    """Until each server counts in Redis: what it let in before that is its own."""
    def counted(server):
        for name in redis_cli(port, "KEYS", f"{{te\\*t:limits}}:{kind}*").split():
            redis_cli(port, "DEL", name)
        post(server, headers=caller)
        return redis_cli(port, "KEYS", f"{{te\\*t:limits}}:{kind}*").strip()

    return all(until(lambda server=server: counted(server)) for server in servers)


def alternately(servers, times, caller):
    seen = [post(servers[number % 2], headers=caller)[0] for number in range(times)]
    return seen.count(200), seen


def shared(folder, path, callers):
    warm, first, second, third, fourth = callers
    usual = {"API_KEYS_FILE": path, "REDIS_HOST": "127.0.0.1", "CACHE_KEY_PREFIX": "te*t", "STATE_KEYS": KEYS}
    rate = usual | {"CACHE_TYPE": "redis", "ENABLE_RATE_LIMITING": "true", "RATE_LIMIT_REQUESTS_PER_MINUTE": "1", "RATE_LIMIT_BURST_SIZE": "30"}
    socket_path = os.path.join(folder, "one.sock")
    with redis(folder) as (port, process):
        env = rate | {"REDIS_PORT": str(port)}
        with snowflake_mcp(env=env | {"ADMIN_SOCKET": socket_path}) as one, snowflake_mcp(env=env) as other:
            check("limits/redis/both count there", sharing((one, other), port, warm, "rate:"))
            let_in, seen = alternately((one, other), 50, first)
            check("limits/redis/two replicas have one budget", let_in == 30 and seen[-1] == 429, f"{let_in} {seen}")

            redis_cli(port, "SET", "teXt:other", "somebody else's")
            post(one, "SELECT 'kept'", headers=second)
            until(lambda: redis_cli(port, "KEYS", "te\\*t:*").strip())
            kept = cache_status(post(other, "SELECT 'kept'", headers=second))
            cleared = control(socket_path, "DELETE", "/cache")[0]
            left = redis_cli(port, "KEYS", "te\\*t:*").split(), redis_cli(port, "GET", "teXt:other").strip()
            again = cache_status(post(one, "SELECT 'kept'", headers=second))
            check("admin/cache/empties Redis, and nobody else's keys", kept == "hit" and cleared == 200 and left == ([], "somebody else's") and again == "miss",
                  f"{kept} {cleared} {left} {again}")

            process.send_signal(signal.SIGKILL)
            process.wait()
            alone = [status for _ in range(35) for status in (post(one, headers=third)[0],)]
            check("limits/redis/a dead Redis leaves each its own limit", alone.count(200) == 30 and alone[-1] == 429, f"{alone}")
            with redis(folder, port):
                check("limits/redis/back again", sharing((one, other), port, warm, "rate:"))
                let_in, seen = alternately((one, other), 40, fourth)
                check("limits/redis/with one budget again", let_in == 30, f"{let_in} {seen}")
    quota = usual | {"QUOTA_QUERIES_PER_DAY": "7", "REDIS_PORT": str(port)}
    with redis(folder, port):
        with snowflake_mcp(env=quota) as one, snowflake_mcp(env=quota) as other:
            sharing((one, other), port, warm, "day-")
            let_in, seen = alternately((one, other), 10, first)
            check("limits/redis/two replicas have one quota", let_in == 7 and seen[-1] == 429, f"{seen}")
        with snowflake_mcp(env=quota) as one:
            check("limits/redis/a quota survives a restart", until(lambda: post(one, headers=first)[0] == 429, 5), "let in again")


def run(folder):
    path, callers = rates(folder)
    quotas(path, callers)
    over_stdio(folder)
    plane(folder)
    if shutil.which("redis-server") is None:
        check("limits/redis", False, "redis-server is not installed")
        return
    shared(folder, path, callers[2:])
