"""Any replica can answer: two processes with the same STATE_KEYS behind nginx, every request going to the other one."""

import contextlib
import json

from support import drivers
from support.proxies import nginx
from support.servers import check, result, snowflake_mcp

import day

KEYS = {"STATE_KEYS": "a-key-for-the-replica-test-0123456789"}


@contextlib.contextmanager
def two_processes(env=None):
    with snowflake_mcp(env={**KEYS, **(env or {})}) as one, snowflake_mcp(env={**KEYS, **(env or {})}) as two:
        yield [f"{host}:{port}" for _, host, port in (one, two)], [one[0], two[0]]


def round_robin(addresses):
    """nginx hands requests out in turn when there is one worker and neither weights nor kept connections choose.

    The streams that clients of the handshake era open on the side (GET) take turns of their own, so that they do not bring
    two calls in a row to the same process.
    """
    servers = "".join(f"        server {address};\n" for address in addresses)
    return nginx(
        f"    upstream replicas {{\n{servers}    }}\n    upstream streams {{\n{servers}    }}\n"
        "    map $request_method $turn { GET streams; default replicas; }\n"
        "    server {\n        listen LISTEN;\n        location / {\n            proxy_pass http://$turn;\n"
        "            proxy_http_version 1.1;\n            proxy_set_header Host $http_host;\n            proxy_buffering off;\n"
        "            proxy_next_upstream off;\n        }\n    }\n"
    )


STEPS = [
    {"do": "tools"},
    day.call("list_databases"),
    day.call("execute_query", query="SELECT 41 + 1 AS answer"),
    {"do": "resources"},
    day.call("execute_query", query="SELECT 6 * 7 AS answer"),
    {"do": "prompts"},
]


def pages(proxy, command, era, cwd):
    """A cursor of one process, used at the other: all rows once, in order."""
    query = "SELECT seq FROM (SELECT ROW_NUMBER() OVER (ORDER BY date, origin, destination, delay) AS seq FROM {t}) WHERE seq <= 25 ORDER BY seq"
    places = day.Places(command, era, {"url": proxy.url}, cwd)
    query = query.format(t=places.tables["flights-3m"])
    seen, cursor = [], None
    for _ in range(6):
        step = day.call("execute_query", query=query, limit=10, **({"cursor": cursor} if cursor else {}))
        answer = drivers.work(command, era, {"url": proxy.url}, [step], cwd)["answers"][0]
        seen += [int(row[0]) for row in day.rows(answer)]
        cursor = answer["structuredContent"].get("cursor")
        if not cursor:
            break
    return seen


def run(cwd):
    with two_processes() as (addresses, servers), round_robin(addresses) as proxy:
        for name, (command, eras) in drivers.commands().items():
            for era in eras:
                label = f"replicas/{name}/{era}"
                if command is None:
                    result(label, "skipped", "no Go toolchain here, and no package registry brings one")
                    continue
                before = len(proxy.upstreams())
                try:
                    seen = drivers.work(command, era, {"url": proxy.url}, STEPS, cwd)
                except RuntimeError as error:
                    check(f"{label}/works", False, str(error))
                    continue
                answers = seen["answers"]
                values = [[float(cell) for cell in row] for n in (2, 4) for row in day.rows(answers[n])] if not any(
                    "error" in answer for answer in answers) else answers
                check(f"{label}/every call is answered", values == [[42.0], [42.0]], json.dumps(answers)[:2000])
                check(f"{label}/speaks the revision", seen["revision"] == drivers.REVISION[era], str(seen["revision"]))
                went = [upstream for method, _, upstream, _, _ in proxy.upstreams()[before:] if method != "GET"]
                turns = all(a != b for a, b in zip(went, went[1:])) and len(went) >= len(STEPS) and len(set(went)) == 2
                check(f"{label}/every request went to the other process", turns, str(went))
        command, _ = drivers.commands()["python"]
        try:
            seen = pages(proxy, command, "stateless", cwd)
            check("replicas/a cursor goes on at the other process", seen == list(range(1, 26)), str(seen))
        except (RuntimeError, KeyError, IndexError) as error:
            check("replicas/a cursor goes on at the other process", False, f"{type(error).__name__}: {error}")
        for number, server in enumerate(servers, 1):
            check(f"replicas/process {number} is alive", server.process.poll() is None, server.output()[-2000:])
