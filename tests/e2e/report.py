"""`snowflake-mcp report`: a running server, a real Prometheus, saved benchmarks, mail, and the page in Chromium."""

import asyncio
import contextlib
import email
import email.policy
import http.server
import json
import os
import pathlib
import shutil
import signal
import socketserver
import ssl
import subprocess
import threading
import time
import urllib.request

from support.proxies import started
from support.servers import NODE, PROGRAM, ROOT, check, clean_environment, result, snowflake_mcp

PAGE = ROOT / "tests" / "e2e" / "clients" / "report_page.mjs"
HOSTILE = "<script>alert(1)</script>\"'|`[x](http://x)"


def report(*arguments, env=None, path=None, seconds=60):
    """Runs the command; kubectl is not in its PATH unless `path` names a folder that has one."""
    environment = clean_environment(**(env or {}))
    environment["PATH"] = path or "/nowhere"
    return subprocess.run(
        [str(PROGRAM), "report", *[str(one) for one in arguments]], stdin=subprocess.DEVNULL, capture_output=True,
        text=True, timeout=seconds, env=environment, check=False,
    )


def told(done):
    return f"exit {done.returncode}; {done.stderr[-1500:]}; {done.stdout[-500:]}"


def refused(name, done, code, words):
    lines = done.stderr.strip().splitlines()
    check(f"report/{name}", done.returncode == code and len(lines) == 1 and words in lines[0] and not done.stdout, told(done))


def call(url, number):
    body = {
        "jsonrpc": "2.0", "id": number, "method": "tools/call",
        "params": {
            "name": "execute_query", "arguments": {"query": f"SELECT {number}"},
            "_meta": {"io.modelcontextprotocol/protocolVersion": "2026-07-28",
                      "io.modelcontextprotocol/clientInfo": {"name": "report", "version": "1"},
                      "io.modelcontextprotocol/clientCapabilities": {}},
        },
    }
    headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream",
               "MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": "execute_query"}
    with urllib.request.urlopen(urllib.request.Request(url, json.dumps(body).encode(), headers), timeout=10) as answer:
        return json.loads(answer.read())


@contextlib.contextmanager
def load(url):
    """Somebody asks about a hundred times a second."""
    over = threading.Event()

    def ask():
        number = 0
        while not over.wait(0.01):
            number += 1
            with contextlib.suppress(OSError):
                call(url, number)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def metrics_address(server, port):
    """The listener that is not the MCP one and answers /metrics."""
    for host, other in server.addresses(2):
        if other != port:
            return f"http://{host}:{other}"
    raise RuntimeError("no metrics port")


def status(answer, name):
    return next(one for one in answer["status"] if one["name"] == name)


@contextlib.contextmanager
def answering(handler):
    """An HTTP server of this test on a port that the kernel chose."""
    class Quiet(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            handler(self)

        def log_message(self, *_):
            pass

    class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
        daemon_threads = True
        block_on_close = False
        request_queue_size = 64  # all questions come at once; whoever finds the queue full tries again after a second

    with Server(("127.0.0.1", 0), Quiet) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()


def send(handler, status_code, body, kind="text/plain"):
    data = body.encode()
    handler.send_response(status_code)
    handler.send_header("Content-Type", kind)
    handler.send_header("Content-Length", str(len(data)))
    handler.end_headers()
    handler.wfile.write(data)


# ---- a running server


def of_a_server(metrics, url, folder):
    page = pathlib.Path(folder) / "server.html"
    with load(url):
        done = report("--url", metrics, "--seconds", "2", "--interval", "0.5", "--json")
        made = report("--url", metrics, "--seconds", "1", "--interval", "0.5", "--output", page)
    check("report/server/json is whole", done.returncode == 0 and not done.stderr, told(done))
    answer = json.loads(done.stdout)
    rate = status(answer, "requests")["value"]
    check("report/server/rate is what was asked", rate is not None and 5 < rate < 200, str(rate))
    levels = {one["name"]: one["level"] for one in answer["status"]}
    check("report/server/each figure has a level", set(levels.values()) <= {"good", "warning", "critical"}
          and len(levels) == 8 and levels["instances"] == "warning", str(levels))
    check("report/server/trends", {one["id"] for one in answer["trends"]} >= {"cpu", "memory", "requests", "p95", "pool", "queue", "errors"}
          and len(answer["trends"][1]["series"][0]["points"]) >= 4, done.stdout[-1500:])
    check("report/server/kubectl was not asked", answer["scaling_events"]["why"] == "no kubectl"
          and answer["scaling_events"]["state"] == "not_asked", str(answer["scaling_events"]))
    check("report/server/html is written", made.returncode == 0 and "Report written to" in made.stderr and page.exists(), told(made))
    text = report("--url", metrics, "--seconds", "0.5", "--markdown")
    check("report/server/markdown", text.returncode == 0 and "## Current status" in text.stdout and "| CPU |" in text.stdout, told(text))
    return page


def of_bad_servers(metrics, folder):
    def html(handler):
        send(handler, 200, "<html>no metrics</html>", "text/html")

    def other_metrics(handler):
        send(handler, 200, "go_goroutines 12\n")

    def missing(handler):
        send(handler, 404, "no")

    def slow(handler):
        time.sleep(8)
        with contextlib.suppress(OSError):  # the other end is gone
            send(handler, 200, "x 1\n")

    seen = {"count": 0}

    def dies(handler):
        seen["count"] += 1
        if seen["count"] > 2:
            send(handler, 503, "down")
            return
        send(handler, 200, "mcp_requests_total 5\nprocess_memory_bytes NaN\npool_connections_active 3\npool_connections_max 4\n")

    refused("a server that is down", report("--url", "http://127.0.0.1:9", "--seconds", "1"), 5, "cannot read http://127.0.0.1:9/metrics")
    for name, handler, words in (("another protocol", html, "no metrics of snowflake-mcp"),
                                 ("another program's metrics", other_metrics, "none of the figures"),
                                 ("HTTP 404", missing, "HTTP 404")):
        with answering(handler) as address:
            refused(name, report("--url", address, "--seconds", "1"), 5, words)
    with answering(slow) as address:
        before = time.monotonic()
        refused("a server that is slow", report("--url", address, "--seconds", "1"), 5, "no whole answer within 5 s")
        check("report/a slow server/bounded", time.monotonic() - before < 7.5, str(time.monotonic() - before))
    refused("a URL that is none", report("--url", "ftp://x"), 2, "ftp")
    done = report("--url", metrics, "--seconds", "0.5", "--output", "/dev/full")
    check("report/a full disk", done.returncode == 6 and "No space left" in done.stderr, told(done))
    target = pathlib.Path(folder) / "partial.json"
    with answering(dies) as address:
        done = report("--url", address, "--seconds", "2", "--interval", "0.5", "--output", target)
    answer = json.loads(target.read_text(encoding="utf-8"))
    check("report/a server that dies/partial and kept", done.returncode == 7 and not answer["complete"] and "HTTP 503" in answer["partial"][0]
          and status(answer, "pool")["value"] == 75 and status(answer, "memory")["value"] is None
          and status(answer, "instances")["level"] == "critical", told(done) + str(answer)[:800])


# ---- Prometheus


@contextlib.contextmanager
def prometheus(targets):
    def files(folder, port):
        (folder / "prometheus.yml").write_text(json.dumps({
            "global": {"scrape_interval": "1s"},
            "scrape_configs": [{"job_name": "snowflake-mcp-server", "static_configs": [{"targets": targets}]}],
        }), encoding="utf-8")  # YAML contains JSON
        return ["--config.file=prometheus.yml", f"--storage.tsdb.path={folder}/data", f"--web.listen-address=127.0.0.1:{port}",
                "--log.level=warn"]

    with started("prometheus", files) as running:
        yield running


def of_prometheus(metrics, url, folder):
    if not shutil.which("prometheus"):
        result("report/prometheus", "skipped", "there is no prometheus: scripts/deps test installs it")
        return None
    page = pathlib.Path(folder) / "prometheus.html"
    with prometheus([metrics.split("//")[1], "127.0.0.1:9"]) as running, load(url):
        address = f"http://127.0.0.1:{running.port}"
        deadline = time.monotonic() + 25
        answer = {}
        while time.monotonic() < deadline:
            done = report("--prometheus", address, "--hours", "0.01", "--json")
            answer = json.loads(done.stdout) if done.stdout else {}
            if answer and (status(answer, "requests")["value"] or 0) > 0 and status(answer, "p95")["value"]:
                break
            time.sleep(0.3)
        check("report/prometheus/json is whole", done.returncode == 0 and answer.get("source") == "prometheus", told(done))
        check("report/prometheus/figures", all(status(answer, name)["value"] is not None
                                               for name in ("cpu", "memory", "requests", "p95", "pool", "queue", "errors")), str(answer["status"]))
        check("report/prometheus/instances by label", [one["up"] for one in answer["instances"]].count(True) == 1
              and len(answer["instances"]) == 2 and status(answer, "instances")["value"] == 1
              and "1 of 2 answer" in status(answer, "instances")["why"], str(answer["instances"]))
        made = report("--prometheus", address, "--hours", "0.01", "--output", page)
        check("report/prometheus/html", made.returncode == 0 and page.exists(), told(made))
        refused("prometheus/an unknown job", report("--prometheus", address, "--job", "nobody", "--hours", "0.01"), 5, 'knows nothing of job "nobody"')
        refused("prometheus/a label that is none", report("--prometheus", address, "--instance-label", "a) or vector(1"), 2, "no label's name")
    return page


def of_bad_prometheus():
    refused("prometheus/down", report("--prometheus", "http://127.0.0.1:9"), 5, "cannot be asked")
    with answering(lambda h: send(h, 503, '{"status":"error","errorType":"unavailable","error":"starting\\u001b[31m"}')) as address:
        done = report("--prometheus", address)
        refused("prometheus/an error", done, 5, "HTTP 503: unavailable: starting")
        check("report/prometheus/an error is escaped", "\x1b" not in done.stderr, repr(done.stderr))
    with answering(lambda h: send(h, 200, "<html>")) as address:
        refused("prometheus/another protocol", report("--prometheus", address), 5, "no answer of Prometheus")

    def some(handler):
        now = time.time()
        if "rate%28" in handler.path:
            send(handler, 422, '{"status":"error","errorType":"execution","error":"too many samples"}')
            return
        values = [[now - 600, "1"], [now - 300, "NaN"], [now - 5, "+Inf" if "memory" in handler.path else "1"]]
        send(handler, 200, json.dumps({"status": "success", "data": {"resultType": "matrix", "result": [
            {"metric": {"instance": HOSTILE}, "values": values}]}}), "application/json")

    with answering(some) as address:
        for form in ("--html", "--json", "--markdown"):
            done = report("--prometheus", address, form)
            check(f"report/prometheus/partial {form}", done.returncode == 7 and "too many samples" in done.stdout and "partial" in done.stdout, told(done))
            if form == "--html":
                check("report/hostile label/html", "<script" not in done.stdout and "&lt;script&gt;" in done.stdout, "")
            elif form == "--json":
                check("report/hostile label/json", json.loads(done.stdout)["instances"][0]["name"] == HOSTILE, done.stdout[:500])
            else:
                check("report/hostile label/markdown", "<script" not in done.stdout and "[x](" not in done.stdout, done.stdout[:800])


# ---- benchmark files, kubectl


def bench_file(folder, name, complete=True):
    steps = []
    for clients, rate, p95, cpu in ((1, 100, 10, 10), (10, 700, 14, 55), (50, 900, 90, 96)):
        steps.append({"concurrent_clients": clients, "complete": True, "seconds": 10, "requests": rate * 10, "ok": rate * 10,
                      "requests_per_second": rate, "attempts_per_second": rate, "error_rate": 0.0,
                      "latency_ms": {"avg": p95 / 2, "min": 1, "p50": p95 / 2, "p90": p95, "p95": p95, "p99": p95 * 2, "p99.9": p95 * 2, "max": p95 * 3},
                      "cpu_usage": cpu, "memory_usage": 20, "memory_mb": 100, "pool_active": 8, "pool_max": 10, "queue_max": 3,
                      "advice": "fine", "advice_text": "fine"})
    path = pathlib.Path(folder) / name
    path.write_text(json.dumps({
        "format": "snowflake-mcp-bench", "version": 1, "complete": complete, "why_partial": "" if complete else "stopped by a signal",
        "started_at": "2026-11-24T14:30:00Z", "generator": "test", "target": {"transport": "http", "address": HOSTILE}, "mode": "closed",
        "steps": steps, "sustainable": {"clients": 10, "requests_per_second": 700, "scale_out_clients": 8, "scale_out_requests_per_second": 560,
                                        "limited_by": "CPU"},
        "usl": {"lambda": 101, "sigma": 0.02, "kappa": 0.001, "r_squared": 0.99, "peak_clients": 31, "peak_requests_per_second": 900},
    }), encoding="utf-8")
    return path


def of_benches(folder):
    one, two = bench_file(folder, "one.json"), bench_file(folder, "two.json", complete=False)
    done = report("--bench", one, "--json")
    answer = json.loads(done.stdout or "{}")
    check("report/bench/figures of the greatest load", done.returncode == 0 and status(answer, "cpu")["value"] == 96
          and status(answer, "cpu")["level"] == "critical" and status(answer, "requests")["level"] == "critical", told(done))
    check("report/bench/maximum sustainable load", any("maximum sustainable load 10 concurrent clients" in one["text"]
                                                       for one in answer["recommendations"]), done.stdout[-800:])
    page = pathlib.Path(folder) / "bench.html"
    done = report("--bench", one, "--bench", two, "--output", page)
    check("report/bench/a partial file makes it partial", done.returncode == 7 and "stopped by a signal" in page.read_text(encoding="utf-8"), told(done))
    check("report/bench/the law is drawn", "(USL), contention 0.02" in page.read_text(encoding="utf-8"), "")
    refused("bench/no such file", report("--bench", folder + "/none.json"), 2, "none.json")
    (pathlib.Path(folder) / "broken.json").write_text("{", encoding="utf-8")
    refused("bench/a broken file", report("--bench", folder + "/broken.json"), 2, "broken.json")
    return page


EVENTS = {"items": [
    {"reason": "SuccessfulRescale", "message": "New size: 5; reason: cpu resource utilization above target", "lastTimestamp": "2026-11-24T10:05:00Z",
     "involvedObject": {"kind": "HorizontalPodAutoscaler", "name": "snowflake-mcp-hpa"}},
    {"reason": "SuccessfulRescale", "message": "New size: 3; reason: All metrics below target", "lastTimestamp": "2026-11-24T09:00:00Z",
     "involvedObject": {"kind": "HorizontalPodAutoscaler", "name": "snowflake-mcp-hpa"}},
    {"reason": "Pulled", "message": HOSTILE, "lastTimestamp": "2026-11-24T10:05:10Z", "involvedObject": {"kind": "Pod", "name": "x"}}]}
SCALERS = {"items": [{"metadata": {"name": "snowflake-mcp-hpa"}, "spec": {"minReplicas": 3, "maxReplicas": 10},
                      "status": {"currentReplicas": 5, "desiredReplicas": 5}}]}


def of_kubectl(metrics, folder):
    def with_kubectl(name, script):
        place = pathlib.Path(folder) / name
        place.mkdir()
        (place / "kubectl").write_text("#!/bin/sh\n" + script, encoding="utf-8")
        (place / "kubectl").chmod(0o755)
        done = report("--url", metrics, "--seconds", "0.5", "--json", path=f"{place}:/bin:/usr/bin")
        return done, json.loads(done.stdout or "{}")

    (pathlib.Path(folder) / "events.json").write_text(json.dumps(EVENTS), encoding="utf-8")
    (pathlib.Path(folder) / "hpa.json").write_text(json.dumps(SCALERS), encoding="utf-8")
    done, answer = with_kubectl("kube", f'cat "{folder}/$2.json"\n')
    events = answer["scaling_events"]
    check("report/kubectl/events", done.returncode == 0 and [(e["from"], e["to"]) for e in events["events"]] == [(None, 3), (3, 5)]
          and events["events"][1]["trigger"] == "cpu resource utilization above target" and events["autoscalers"][0]["max"] == 10, told(done))
    done, answer = with_kubectl("kube-fails", "echo 'error: forbidden' >&2\nexit 1\n")
    check("report/kubectl/fails", done.returncode == 7 and answer["scaling_events"]["state"] == "failed"
          and "forbidden" in answer["scaling_events"]["why"], told(done))
    before = time.monotonic()
    done, answer = with_kubectl("kube-hangs", "sleep 60 &\nsleep 60\n")
    check("report/kubectl/hangs, bounded", done.returncode == 7 and "did not end within" in answer["scaling_events"]["why"]
          and time.monotonic() - before < 15, told(done))


# ---- mail


class Letters:
    def __init__(self):
        self.got = []

    async def handle_RCPT(self, _server, _session, envelope, address, _options):
        if address.startswith("nobody@"):
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, session, envelope):
        self.got.append((session.auth_data, envelope.mail_from, envelope.rcpt_tos, envelope.content))
        return "250 OK"


def certificate(folder):
    key, cert = f"{folder}/key.pem", f"{folder}/cert.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", cert,
                    "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return cert, context


def of_mail(bench, folder):
    from aiosmtpd.smtp import SMTP, AuthResult

    password = "p@ss w:rd/%"
    letters = Letters()

    def authenticate(_server, _session, _envelope, _mechanism, data):
        right = data.login == b"ops" and data.password == password.encode()
        return AuthResult(success=right, handled=right, auth_data="ops" if right else None)

    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()

    def serve(context=None):
        def protocol():
            return SMTP(letters, authenticator=authenticate, auth_require_tls=False, hostname="test", loop=loop)

        listening = loop.create_server(protocol, "127.0.0.1", 0, ssl=context)
        return asyncio.run_coroutine_threadsafe(listening, loop).result(10).sockets[0].getsockname()[1]

    cert, context = certificate(folder)
    try:
        port = serve()
        secret = "p%40ss%20w%3Ard%2F%25"
        to = ["--bench", bench, "--mail-to", "one@example.com,two@example.com"]
        done = report(*to, env={"SMTP_URL": f"smtp://ops:{secret}@127.0.0.1:{port}", "SMTP_FROM": "reports@example.com"})
        check("report/mail/sent", done.returncode == 0 and "Report sent to one@example.com, two@example.com" in done.stderr
              and len(letters.got) == 1, told(done))
        who, sender, recipients, content = letters.got[-1]
        message = email.message_from_bytes(content, policy=email.policy.default)
        attachment = next(message.iter_attachments())
        check("report/mail/logged in", who == "ops" and sender == "reports@example.com"
              and recipients == ["one@example.com", "two@example.com"], f"{who} {sender} {recipients}")
        check("report/mail/attachment and text", attachment.get_content_type() == "text/html" and attachment.get_filename().endswith(".html")
              and "<!DOCTYPE html>" in attachment.get_content() and "Recommendations" in message.get_body().get_content()
              and "Scaling Report" in message["Subject"] and message["Date"] and message["Message-ID"], content[:800].decode())
        target = pathlib.Path(folder) / "mailed.html"
        done = report(*to, "--output", target, env={"SMTP_URL": f"smtp://ops:wrong-secret@127.0.0.1:{port}"})
        check("report/mail/login refused", done.returncode == 8 and "login was refused" in done.stderr and "wrong-secret" not in done.stderr
              and target.exists(), told(done))
        done = report("--bench", bench, "--mail-to", "nobody@example.com", env={"SMTP_URL": f"smtp://127.0.0.1:{port}"})
        check("report/mail/recipient refused", done.returncode == 8, told(done))
        refused("mail/server down", report(*to, env={"SMTP_URL": f"smtp://ops:{secret}@127.0.0.1:9"}), 8, "no connection")
        refused("mail/no SMTP_URL", report(*to), 2, "SMTP_URL is not set")
        done = report(*to, env={"SMTP_URL": "http://ops:hidden@x"})
        check("report/mail/SMTP_URL of another kind", done.returncode == 2 and "hidden" not in done.stderr, told(done))
        refused("mail/an address that is none", report("--bench", bench, "--mail-to", "x\nBcc: y@z"), 2, "no mail address")
        port = serve(context)
        before = len(letters.got)
        done = report(*to, env={"SMTP_URL": f"smtps://ops:{secret}@127.0.0.1:{port}"})
        check("report/mail/unknown certificate", done.returncode == 8 and "certificate" in done.stderr and len(letters.got) == before, told(done))
        (pathlib.Path(folder) / "smtp-url").write_text(f"smtps://ops:{secret}@127.0.0.1:{port}\n", encoding="utf-8")
        done = report(*to, env={"SMTP_URL_FILE": f"{folder}/smtp-url", "CLIENT_CA_FILE": cert})
        check("report/mail/smtps with SMTP_URL_FILE", done.returncode == 0 and len(letters.got) == before + 1, told(done))
        script = subprocess.run([str(ROOT / "scripts" / "scaling_report.sh"), "--bench", str(bench)], capture_output=True, text=True, timeout=60, check=False,
                                env=clean_environment(SNOWFLAKE_MCP=str(PROGRAM), REPORT_DIR=folder, SCALING_REPORT_EMAIL="ops@example.com",
                                                      SMTP_URL=f"smtps://ops:{secret}@127.0.0.1:{port}", CLIENT_CA_FILE=cert))
        check("report/scaling_report.sh", script.returncode == 0 and list(pathlib.Path(folder).glob("scaling_report_*.html"))
              and len(letters.got) == before + 2, told(script))
    finally:
        loop.call_soon_threadsafe(loop.stop)


# ---- the page


def in_chromium(pages):
    if not os.path.exists("/usr/bin/chromium"):
        result("report/pages in Chromium", "skipped", "there is no chromium: scripts/deps test installs it")
        return
    done = subprocess.run([str(NODE), str(PAGE), *map(str, pages.values())], capture_output=True, text=True, timeout=120, check=False,
                          env=clean_environment(HOME=str(next(iter(pages.values())).parent), SHOTS=os.environ.get("SHOTS", "")))
    if done.returncode != 0:
        check("report/pages open in Chromium", False, told(done))
        return
    for name, seen in zip(pages, map(json.loads, done.stdout.splitlines()), strict=True):
        looks_right(name, seen)


def looks_right(name, seen):
    check(f"report/{name}/no console message and no error", not seen["console"] and not seen["errors"], str(seen["console"] + seen["errors"]))
    check(f"report/{name}/no request", not seen["requests"], str(seen["requests"]))
    for view in seen["views"]:
        label = f"report/{name}/{view['width']} {view['colorScheme']}"
        check(f"{label}/fits", view["scroll"] <= view["client"], f"{view['scroll']} > {view['client']}")
        check(f"{label}/drawn and readable", view["plots"] >= 6 and view["paths"] >= 5 and view["scripts"] == 0 and view["smallest"] >= 9,
              json.dumps({key: view[key] for key in ("plots", "paths", "scripts", "smallest")}))
        check(f"{label}/has its headings", all(word in view["text"] for word in ("Current status", "Trends", "Recommendations")), view["text"][:500])
    backs = {view["colorScheme"]: view["back"] for view in seen["views"]}
    check(f"report/{name}/dark where the reader's screen is", backs["dark"] != backs["light"] == "rgb(255, 255, 255)", str(backs))
    check(f"report/{name}/prints", 1 <= seen["pdf"]["pages"] <= 8 and seen["pdf"]["bytes"] > 5000, str(seen["pdf"]))


def interrupted(metrics):
    """Ctrl-C: what there is, is reported."""
    process = subprocess.Popen([str(PROGRAM), "report", "--url", metrics, "--seconds", "60", "--interval", "0.2", "--json", "--no-kubectl"],
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=clean_environment())
    try:
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:  # until it waits between two readings
            with open(f"/proc/{process.pid}/status", encoding="utf-8") as lines:
                if any(line.startswith("SigBlk") and int(line.split()[1], 16) & (1 << (signal.SIGINT - 1)) for line in lines):
                    break
            time.sleep(0.02)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    finally:
        if process.poll() is None:
            process.kill()
    answer = json.loads(out or "{}")
    check("report/interrupted/partial", process.returncode == 7 and "stopped before its time" in str(answer.get("partial")), f"{process.returncode} {err} {out[:300]}")


def run(folder):
    with snowflake_mcp() as (server, host, port):
        metrics, url = metrics_address(server, port), f"http://{host}:{port}/mcp"
        pages = {"server": of_a_server(metrics, url, folder), "prometheus": of_prometheus(metrics, url, folder)}
        of_bad_servers(metrics, folder)
        of_kubectl(metrics, folder)
        interrupted(metrics)
    of_bad_prometheus()
    pages["bench"] = of_benches(folder)
    of_mail(pathlib.Path(folder) / "one.json", folder)
    in_chromium({name: page for name, page in pages.items() if page})


