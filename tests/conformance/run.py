#!/usr/bin/env python3
"""The official MCP conformance suite, every check of it, against our servers.

1. Both requirement sets against mcp-conformance-server: our mcp library with the tools, resources and prompts that the
   suite asks for. Checks that the suite does not score count here too.
2. The scenarios that need no such fixture against `snowflake-mcp serve` itself.

What expected_failures.json names is turned round: it must fail,
and the line quotes the sentence of the specification that the check contradicts.

A check that the suite only warns about counts as failed. Prints one JSON line a check (see scripts/run_tests.py).
"""

import json
import pathlib
import re
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.servers import BUILD, NODE, ROOT, check, clean_environment, result, running, snowflake_mcp  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
SUITE = HERE / "node_modules" / "@modelcontextprotocol" / "conformance" / "dist" / "index.js"
REVISIONS = ("2025-11-25", "2026-07-28")

# Scenarios that any server can be asked: they name no fixture of the suite's.
GENERIC = {
    "2025-11-25": [
        "server-initialize", "ping", "tools-list", "resources-list", "prompts-list",
        "dns-rebinding-protection", "server-session-lifecycle", "logging-set-level",
    ],
    "2026-07-28": [
        "tools-list", "resources-list", "prompts-list", "dns-rebinding-protection", "caching",
        "sep-2164-resource-not-found", "http-header-validation",
    ],
}


def suite(label, url, arguments):
    """Runs the suite and returns {scenario: [check]} and its output."""
    folder = BUILD.parent / "test-results" / "conformance" / label
    shutil.rmtree(folder, ignore_errors=True)
    done = subprocess.run(
        [NODE, SUITE, "server", "--url", url, "--output-dir", folder, *arguments],
        cwd=HERE, env=clean_environment(), capture_output=True, text=True, errors="replace", check=False, timeout=900,
    )
    checks = {}
    for file in folder.glob("*/checks.json"):
        scenario = re.sub(r"^server-(.*)-\d{4}-\d\d-\d\dT.*$", r"\1", file.parent.name)
        checks.setdefault(scenario, []).extend(json.loads(file.read_text(encoding="utf-8")))
    return checks, done.stdout + done.stderr


def report(label, scenario, checks, expected, output):
    """One result a check; a scenario without a single check has not been run, which is a failure."""
    judged = [one for one in checks if one["status"] != "INFO"]
    if not judged:
        at = output.find(f"=== Running scenario: {scenario} ===")
        check(f"{label}/{scenario}", False, "no check was made\n" + output[at if at >= 0 else 0 :][:3000])
        return
    for number, one in enumerate(judged, 1):
        name = f"{label}/{scenario}/{one['id']}#{number}"
        why = f"{one['status']}: {one.get('errorMessage') or one.get('description')}"
        details = json.dumps(one.get("details"))
        key = f"{scenario}/{one['id']}"
        if one["status"] == "SKIPPED":
            result(name, "skipped", why)
        elif key in expected:
            check(name, one["status"] == "FAILURE", f"passes, so it is to be struck from expected_failures.json: {expected[key]}")
        else:
            check(name, one["status"] == "SUCCESS", f"{why}\n{details[:2000]}")


def main():
    expected = json.loads((HERE / "expected_failures.json").read_text(encoding="utf-8"))
    with running([BUILD / "mcp-conformance-server", "--port", "0"]) as server:
        host, port = server.addresses(1)[0]
        for revision in REVISIONS:
            url = f"http://{host}:{port}/mcp"
            checks, output = suite(revision, url, ["--requirements", revision])
            asked = [name for name in re.findall(r"^=== Running scenario: (\S+) ===$", output, re.M)]
            check(f"{revision}/scenarios-were-run", len(asked) >= 30, f"{len(asked)} scenarios\n{output[-3000:]}")
            for scenario in asked:
                report(revision, scenario, checks.get(scenario, []), expected.get(revision, {}), output)
        check("fixture-server-alive", server.process.poll() is None, server.output()[-3000:])
    with snowflake_mcp() as (server, host, port):
        for revision, scenarios in GENERIC.items():
            for scenario in scenarios:
                label = f"snowflake-mcp-{revision}"
                checks, output = suite(
                    f"{label}-{scenario}", f"http://{host}:{port}/mcp", ["--scenario", scenario, "--spec-version", revision]
                )
                report(label, scenario, sum(checks.values(), []), {}, output)
        check("snowflake-mcp-alive", server.process.poll() is None, server.output()[-3000:])


if __name__ == "__main__":
    main()
