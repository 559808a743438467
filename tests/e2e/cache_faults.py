"""What the cache does when its store misbehaves. Each fault ends by showing that service came back; no answer is ever wrong.

Redis (plain, with TLS, a cluster of three) is started here; Redis that is full, slow, speaks nonsense or loses a node; a full disk under
the file; 500 requests whose client leaves.
"""

import concurrent.futures
import contextlib
import http.client
import json
import os
import pathlib
import re
import resource
import socket
import subprocess
import threading
import time

from cache import KEYS, ask, kept_in, redis, redis_cli, until
from support.servers import check, snowflake_mcp

TEXT = "SELECT {n} AS N, REPEAT('{n} ', 2000) AS T"


def metric(server, name):
    """The sum of a metric over its labels, where it is."""
    for host, port in server[0].addresses(2):
        connection = http.client.HTTPConnection(host, port, timeout=10)
        connection.request("GET", "/metrics")
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        if answer.status == 200 and "process_memory_bytes" in text:
            return sum(float(value) for value in re.findall(rf"^{name}(?:{{[^}}]*}})? ([-+.e\d]+)", text, re.MULTILINE))
    return None


def right(server, numbers, **arguments):
    """Whether each number's answer is its own; the answers."""
    answers = [ask(server, TEXT.format(n=n), **arguments) for n in numbers]
    return all(answer["rows"] and answer["rows"][0][0] == n for n, answer in zip(numbers, answers)), answers


def redis_env(port, **more):
    return {"CACHE_TYPE": "redis", "REDIS_PORT": str(port), "STATE_KEYS": KEYS, "CACHE_KEY_PREFIX": "test", **more}


def is_shared(one, other, start):
    """Whether what one server asks the other one finds, before some statement is the twentieth."""
    for n in range(start, start + 20):
        ask(one, TEXT.format(n=n))
        if until(lambda n=n: ask(other, TEXT.format(n=n))["cache"] == "hit", 1):
            return True
    return False


def full(folder):
    """`maxmemory` without eviction: writes are refused, reads go on."""
    with redis(folder) as (port, _), snowflake_mcp(env=redis_env(port)) as one, snowflake_mcp(env=redis_env(port)) as other:
        check("cache-faults/full/first it is shared", is_shared(one, other, 100))
        redis_cli(port, "CONFIG", "SET", "maxmemory-policy", "noeviction")
        redis_cli(port, "CONFIG", "SET", "maxmemory", "1")
        good, answers = right(one, range(200, 220))
        again, seen = right(one, range(200, 220))
        check("cache-faults/full/answers are right", good and again, f"{answers[:2]}")
        check("cache-faults/full/memory still keeps", all(one["cache"] == "hit" for one in seen), f"{seen[:2]}")
        redis_cli(port, "CONFIG", "SET", "maxmemory", "0")
        check("cache-faults/full/it is shared again", until(lambda: is_shared(one, other, time.monotonic_ns() % 1_000_000), 30))


def slow(folder):
    """Redis holds every command for a while: each look-up costs its timeout at most, then nothing for a while."""
    with redis(folder) as (port, _), snowflake_mcp(env=redis_env(port)) as one, snowflake_mcp(env=redis_env(port)) as other:
        check("cache-faults/slow/first it is shared", is_shared(one, other, 300))
        redis_cli(port, "CLIENT", "PAUSE", "4000", "ALL")
        started = time.monotonic()
        good, answers = right(one, range(400, 420))
        took = time.monotonic() - started
        check("cache-faults/slow/answers are right, and soon", good and took < 3.5, f"{took:.1f} s: {answers[:2]}")
        check("cache-faults/slow/it is shared again", until(lambda: is_shared(one, other, time.monotonic_ns() % 1_000_000), 30))


NONSENSE = [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x00\xff" * 600, b"*1000000000\r\n", b"+OK\r\n" * 50, b"%-7\r\n", b">3\r\n"]
# Announced lengths that no memory has.
GIANTS = [b"$99999999999\r\nx", b"$9000000000000000000\r\nx"]


@contextlib.contextmanager
def nonsense(port=0, answers=NONSENSE):
    """A server that answers whatever comes with bytes that mean nothing, or too much."""
    listening = socket.create_server(("127.0.0.1", port))
    over = threading.Event()
    count = iter(range(10**9))

    def talk(connection):
        with connection, contextlib.suppress(OSError):
            while not over.is_set() and connection.recv(65536):
                connection.sendall(answers[next(count) % len(answers)])

    def accept():
        with contextlib.suppress(OSError):
            while not over.is_set():
                connection, _ = listening.accept()
                threading.Thread(target=talk, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield listening.getsockname()[1]
    finally:
        over.set()
        listening.close()


def giants():
    """A length that no buffer holds may cost the connection to Redis, not the server."""
    with nonsense(answers=GIANTS) as port, snowflake_mcp(env=redis_env(port)) as one:
        good, answers = right(one, range(480, 500))
        check("cache-faults/giants/the server lives, and answers are right", good and one[0].process.poll() is None, f"{answers[:2]}")


def garbage(folder):
    giants()
    with nonsense() as port:
        with snowflake_mcp(env=redis_env(port)) as one:
            started = time.monotonic()
            good, answers = right(one, [*range(500, 520), *range(500, 520)])
            took = time.monotonic() - started
            check("cache-faults/garbage/answers are right", good and took < 20, f"{took:.1f} s: {answers[:2]}")
            check("cache-faults/garbage/memory keeps", all(answer["cache"] == "hit" for answer in answers[20:]), f"{answers[20:22]}")
            rss = int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{one[0].pid}/status").read_text()).group(1)) >> 10
            check("cache-faults/garbage/lengths that lie cost no memory", rss < 400, f"{rss} MB")
    with redis(folder) as (port, process):
        with snowflake_mcp(env=redis_env(port)) as one, snowflake_mcp(env=redis_env(port)) as other:
            check("cache-faults/garbage/first it is shared", is_shared(one, other, 540))
            process.kill()
            process.wait()
            with nonsense(port, [*GIANTS, *NONSENSE]):
                good, answers = right(one, range(560, 570))
                check("cache-faults/garbage/somebody else on Redis' port is no harm", good, f"{answers[:2]}")
            with redis(folder, port):
                check("cache-faults/garbage/it is shared again", until(lambda: is_shared(one, other, time.monotonic_ns() % 1_000_000), 30))


def certificates(folder):
    """An authority, and a certificate of 127.0.0.1 by it."""
    def openssl(*words):
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)

    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=tests", "-keyout", "ca.key", "-out", "ca.pem")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1", "-keyout", "own.key", "-out", "own.csr")
    (pathlib.Path(folder) / "names").write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\n", encoding="ascii")
    openssl("x509", "-req", "-in", "own.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "names", "-out", "own.pem")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def redis_process(*options):
    process = subprocess.Popen(["redis-server", "--bind", "127.0.0.1", "--save", "", *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def listens(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def tls(folder):
    certificates(folder)
    port = free_port()
    with redis_process("--port", "0", "--tls-port", str(port), "--tls-cert-file", f"{folder}/own.pem", "--tls-key-file", f"{folder}/own.key",
                       "--tls-ca-cert-file", f"{folder}/ca.pem", "--tls-auth-clients", "no", "--dir", folder):
        until(lambda: listens(port))
        env = redis_env(port, REDIS_SSL="true", REDIS_CA_FILE=f"{folder}/ca.pem")
        with snowflake_mcp(env=env) as one, snowflake_mcp(env=env) as other, snowflake_mcp(env=env | {"REDIS_CA_FILE": ""}) as stranger:
            check("cache-faults/tls/it is shared", until(lambda: is_shared(one, other, time.monotonic_ns() % 1_000_000), 20))
            good, answers = right(stranger, range(600, 603))
            found = [ask(one, TEXT.format(n=n))["cache"] for n in range(600, 603)]
            check("cache-faults/tls/a certificate that nobody vouches for is not talked to", good and found == ["miss"] * 3, f"{found} {answers[:1]}")


@contextlib.contextmanager
def cluster(folder):
    """Three masters: yields [(port, process)] and a function that starts one again."""
    with contextlib.ExitStack() as stack:
        nodes = {}

        def start(port):
            home = pathlib.Path(folder) / f"node{port}"
            home.mkdir(exist_ok=True)
            nodes[port] = stack.enter_context(redis_process(
                "--port", str(port), "--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf", "--cluster-node-timeout", "1000",
                "--cluster-require-full-coverage", "no", "--cluster-port", str(bus[port]), "--dir", str(home)))
            until(lambda: listens(port))

        bus = {free_port(): free_port() for _ in range(3)}
        for port in bus:
            start(port)
        first = next(iter(bus))
        spans = [range(0, 5461), range(5461, 10923), range(10923, 16384)]
        for port, span in zip(bus, spans):
            redis_cli(port, "CLUSTER", "ADDSLOTSRANGE", str(span[0]), str(span[-1]))
            if port != first:
                redis_cli(port, "CLUSTER", "MEET", "127.0.0.1", str(first), str(bus[first]))
        until(lambda: all("cluster_state:ok" in redis_cli(port, "CLUSTER", "INFO") and "cluster_known_nodes:3" in redis_cli(port, "CLUSTER", "INFO")
                          for port in bus))
        yield nodes, start


def lost_node(folder):
    with cluster(folder) as (nodes, start):
        first, *_, last = nodes
        env = redis_env(first)
        with snowflake_mcp(env=env) as one, snowflake_mcp(env=env) as other:
            check("cache-faults/cluster/it is shared", until(lambda: is_shared(one, other, time.monotonic_ns() % 1_000_000), 20))
            good, _ = right(one, range(700, 730))
            sizes = [int(redis_cli(port, "DBSIZE") or 0) for port in nodes]
            check("cache-faults/cluster/all three keep", good and all(sizes), f"{sizes}")
            nodes[last].kill()
            nodes[last].wait()
            started = time.monotonic()
            good, answers = right(other, range(700, 730))
            took = time.monotonic() - started
            hits = sum(answer["cache"] == "hit" for answer in answers)
            check("cache-faults/cluster/with a node lost answers are right", good and took < 15, f"{took:.1f} s: {answers[:2]}")
            check("cache-faults/cluster/the others' are still hits", hits >= 8, f"{hits} of 30")
            start(last)
            back = until(lambda: right(one, [n := time.monotonic_ns() % 10**9, n + 1, n + 2, n + 3])[0] and int(redis_cli(last, "DBSIZE") or 0) > 0, 30)
            check("cache-faults/cluster/the node is used again", back)


@contextlib.contextmanager
def small_disk(folder):
    """A file system of 1 MB, where this machine lets us mount one; else a bound on the size of files. Yields (folder, how)."""
    place = pathlib.Path(folder) / "small"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m,mode=0700", "none", str(place)], capture_output=True, check=False).returncode == 0
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    if not mounted:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, before[1]))
    try:
        yield str(place), "a full disk" if mounted else "files of 1 MB at most"
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(place)], check=False)
        else:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)


def full_disk(folder):
    with small_disk(folder) as (place, how):
        env = {"CACHE_TYPE": "file", "CACHE_DIR": place, "STATE_KEYS": KEYS, "CACHE_MAX_SIZE_MB": "64"}
        with snowflake_mcp(env=env) as one:
            wide = "SELECT {n} AS N, REPEAT(MD5('{n}'), 20) AS A, " + ", ".join(f"MD5('{{n}} {c}') AS C{c}" for c in range(120))
            answers = [ask(one, wide.format(n=n)) for n in range(100)]
            good = all(answer["rows"] and answer["rows"][0][0] == n for n, answer in enumerate(answers))
            check(f"cache-faults/disk/answers are right with {how}", good, f"{answers[-1]}")
            again = ask(one, wide.format(n=99))
            check("cache-faults/disk/memory still keeps", again["cache"] == "hit", f"{again}"[:300])
            path = pathlib.Path(place) / "answers.sqlite"
            size = sum(file.stat().st_size for file in path.parent.iterdir())
            check("cache-faults/disk/it did fill up", one[0].process.poll() is None and size > 900_000, f"{size}")
        with snowflake_mcp(env=env) as one:
            kept = kept_in(path)
            hits = [n for n in range(60) if ask(one, wide.format(n=n))["cache"] == "hit"]
            check("cache-faults/disk/what was kept is there after a restart", kept > 5 and len(hits) > 5, f"{kept} kept, {len(hits)} hits")
            if how == "a full disk":
                subprocess.run(["mount", "-o", "remount,size=8m", place], check=True)
                until(lambda: ask(one, wide.format(n=time.monotonic_ns() % 10**9)) and kept_in(path) > kept)
                check("cache-faults/disk/with room again it keeps again", kept_in(path) > kept, f"{kept_in(path)} of {kept}")


def leaving(_folder):
    """A client opens 500 requests and leaves: nothing of them stays."""
    with snowflake_mcp(env={"REQUEST_QUEUE_SIZE": "600", "CONNECTION_POOL_MAX_SIZE": "4", "ORPHAN_GRACE_SECONDS": "0"}) as server:
        _, host, port = server
        meta = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}}
        sockets = []
        for n in range(500):
            sql = (f"SELECT COUNT(*) + {n} FROM TRANSPORT.FLIGHTS_3M A JOIN TRANSPORT.FLIGHTS_3M B ON A.DELAY = B.DELAY AND A.DISTANCE < B.DISTANCE")
            body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
                               "params": {"name": "execute_query", "arguments": {"query": sql}, "_meta": meta}}).encode()
            one = socket.create_connection((host, port), timeout=10)
            one.sendall((f"POST /mcp HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\n"
                         f"MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\nMcp-Name: execute_query\r\nContent-Length: {len(body)}\r\n\r\n").encode() + body)
            sockets.append(one)
        busy = until(lambda: metric(server, "mcp_concurrent_requests") + metric(server, "mcp_request_queue_length") >= 480)
        check("cache-faults/leaving/all of them run or wait", busy, f"{metric(server, 'mcp_concurrent_requests')} and {metric(server, 'mcp_request_queue_length')}")
        for one in sockets:
            one.close()
        gone = until(lambda: metric(server, "mcp_concurrent_requests") == 0 and metric(server, "mcp_request_queue_length") == 0)
        check("cache-faults/leaving/no slot and no place in the queue is lost", gone,
              f"{metric(server, 'mcp_concurrent_requests')} and {metric(server, 'mcp_request_queue_length')}")
        idle = until(lambda: metric(server, "pool_connections_active") == 0)
        check("cache-faults/leaving/no session is lost", idle, f"{metric(server, 'pool_connections_active')} active")
        counted = metric(server, "mcp_queries_total")
        check("cache-faults/leaving/metrics tell of them", counted >= 480, f"{counted}")
        with concurrent.futures.ThreadPoolExecutor(4) as threads:
            answers = list(threads.map(lambda n: ask(server, f"SELECT {n} + 1"), range(4)))
        check("cache-faults/leaving/service came back", [answer["rows"] for answer in answers] == [[[n + 1]] for n in range(4)], f"{answers}")


def run(folder):
    for part in (full, slow, garbage, tls, lost_node, full_disk, leaving):
        home = os.path.join(folder, part.__name__)
        os.mkdir(home)
        part(home)
