"""The load balancers and the load test of the scaling guide, with only addresses changed, in front of two processes."""

import json
import os
import re
import socket
import subprocess
import time
import urllib.error
import urllib.request

from support import drivers
from support.proxies import found, haproxy, nginx
from support.servers import ROOT, check, snowflake_mcp

import day
import replicas

GUIDE = ROOT / "tests" / "data" / "scaling-guide"
STEPS = [{"do": "tools"}, day.call("execute_query", query="SELECT 40 + 2 AS answer"), {"do": "resources"}]
INITIALIZE = {
    "jsonrpc": "2.0", "id": 1, "method": "initialize",
    "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "ab", "version": "1"}},
}


def with_addresses(text, addresses):
    """The guide's three servers are our two processes: the third line names the second again."""
    one, two = addresses
    for theirs, ours in (("10.0.1.10:8000", one), ("10.0.1.11:8000", two), ("10.0.1.12:8000", two)):
        text = text.replace(theirs, ours)
    return text


def get(url, **headers):
    """(status, body) of a GET, without following or raising."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=30) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def clients_work(label, proxy, cwd):
    for name, (command, eras) in drivers.commands().items():
        for era in eras if command else []:
            try:
                answers = drivers.work(command, era, {"url": proxy.url}, STEPS, cwd)["answers"]
                ok = float(day.rows(answers[1])[0][0]) == 42.0 and answers[0]["tools"] and answers[2]["resources"]
                check(f"{label}/{name}/{era} works", ok, json.dumps(answers)[:2000])
            except (RuntimeError, KeyError, IndexError, TypeError) as error:
                check(f"{label}/{name}/{era} works", False, f"{type(error).__name__}: {error}\n{proxy.output()[-1500:]}")


def guide_nginx(addresses, cwd):
    site = with_addresses((GUIDE / "nginx-site.conf").read_text(encoding="utf-8"), addresses).replace("listen 80;", "listen LISTEN;")
    with nginx(site) as proxy:
        clients_work("guide/nginx", proxy, cwd)
        status, body = get(f"http://127.0.0.1:{proxy.port}/health")
        check("guide/nginx/health is JSON through it", status == 200 and isinstance(json.loads(body), dict), f"{status} {body}")
        status, body = get(f"http://127.0.0.1:{proxy.port}/metrics")
        check("guide/nginx/metrics are denied to others", status == 403, f"{status} {body[:300]}")
        used = {upstream for *_, upstream, _, _ in [line[:5] for line in proxy.upstreams()] if upstream.startswith("127.")}
        check("guide/nginx/both processes are used", used == set(addresses), str(used))


def guide_haproxy(addresses, cwd):
    configuration = with_addresses((GUIDE / "haproxy.cfg").read_text(encoding="utf-8"), addresses).replace("bind *:80", "bind LISTEN")
    with haproxy(configuration) as proxy:
        clients_work("guide/haproxy", proxy, cwd)
        deadline = time.monotonic() + 6  # health_backend's checks come every 2 s: three rounds
        status = 0
        while time.monotonic() < deadline and "DOWN" not in proxy.output():
            status, body = get(f"http://127.0.0.1:{proxy.port}/health")
            if status != 200:
                break
            time.sleep(0.2)
        check("guide/haproxy/health is JSON through it", status == 200 and isinstance(json.loads(body), dict), str(status))
        check("guide/haproxy/its health checks hold", "is DOWN" not in proxy.output(), proxy.output()[-2000:])


REQUESTS = {
    "initialize": INITIALIZE,
    "tools/list": {"jsonrpc": "2.0", "id": 1, "method": "tools/list"},
    "tools/call": {
        "jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": {"name": "execute_query", "arguments": {"query": "SELECT 40 + 2 AS answer"}},
    },
}


def apache_bench(port, cwd):
    """The guide's call with one and with ten clients, for each request that needs no session.

    In the guide's order ab forgets -n: "-t ... implies -n 50000 internally", so its five minutes end the run. Here it runs as
    written for one second, and once more with -n last, so that the guide's number of requests must complete.
    Answers whose length differs are no failure: they hold times and tokens.
    """
    for name, message in REQUESTS.items():
        body = os.path.join(cwd, "mcp_request.json")
        with open(body, "w", encoding="utf-8") as file:
            json.dump(message, file)
        for clients in (1, 10):
            count = str(clients * 100)
            as_written = ["-n", count, "-c", str(clients), "-t", "1"]
            to_the_end = ["-t", "60", "-n", count, "-c", str(clients)]
            for how, options in (("as written", as_written), ("to the end", to_the_end)):
                done = subprocess.run(
                    [found("ab"), *options,
                     "-H", "Content-Type: application/json", "-p", body, f"http://localhost:{port}/"],
                    capture_output=True, text=True, check=False, timeout=120,
                )
                complete = re.search(r"^Complete requests:\s+(\d+)", done.stdout, re.M)
                failed = re.search(r"^Failed requests:\s+(\d+)(?:\s+\(Connect: (\d+), Receive: (\d+), Length: \d+, Exceptions: (\d+)\))?", done.stdout, re.M)
                broken = failed and sum(int(n or 0) for n in failed.groups()[1:])
                ok = done.returncode == 0 and complete and broken == 0 and "Non-2xx" not in done.stdout
                if how == "to the end":
                    ok = ok and complete.group(1) == count
                check(f"guide/ab {name} with {clients} clients, {how}", ok, done.stdout + done.stderr)


def raw(address, text):
    """The whole answer to a request as written, over a connection of its own."""
    host, port = address
    with socket.create_connection((host, port), timeout=10) as connection:
        connection.sendall(text.encode())
        connection.shutdown(socket.SHUT_WR)
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
    return received.decode(errors="replace")


def probes(server, host, port):
    for what, request in {
        "kubelet: Host is address and port": f"GET /health HTTP/1.1\r\nHost: {host}:{port}\r\nUser-Agent: kube-probe/1.29\r\nConnection: close\r\n\r\n",
        "kubelet on a pod's address": "GET /ready HTTP/1.1\r\nHost: 10.42.0.7:8000\r\nConnection: close\r\n\r\n",
        "HAProxy: HTTP/1.0 without Host": "GET /health HTTP/1.0\r\n\r\n",
        "HAProxy: OPTIONS is its default": "OPTIONS /health HTTP/1.0\r\n\r\n",
    }.items():
        answer = raw((host, port), request)
        status = answer.split(" ")[1] if answer.startswith("HTTP/") else ""
        wanted = ("200",) if request.startswith("GET") else ("200", "204")
        check(f"guide/probe/{what}", status in wanted, answer[:500])
    evil = raw((host, port), "POST /mcp HTTP/1.1\r\nHost: evil.example\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
    check("guide/probe/another Host may not reach /mcp", evil.split(" ")[1:2] in (["403"], ["421"]), evil[:300])
    check("guide/probe/the server is alive", server.process.poll() is None, server.output()[-1500:])


def run(cwd):
    with replicas.two_processes() as (addresses, _):
        guide_nginx(addresses, cwd)
        guide_haproxy(addresses, cwd)
    with snowflake_mcp() as (server, host, port):
        probes(server, host, port)
        apache_bench(port, cwd)
