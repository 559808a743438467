"""The official clients, each behind the same job (see tests/e2e/clients/README.md)."""

import functools
import json
import os
import pathlib
import shutil
import subprocess
import sys

from .servers import BUILD, NODE, PROGRAM, ROOT, clean_environment

CLIENTS = ROOT / "tests" / "e2e" / "clients"
INSPECTOR = ROOT / "tests" / "e2e" / "node_modules" / "@modelcontextprotocol" / "inspector" / "clients" / "launcher" / "build" / "index.js"
REVISION = {"handshake": "2025-11-25", "stateless": "2026-07-28"}


@functools.cache
def go_client():
    """Builds the Go driver once; None where there is no Go."""
    go = shutil.which("go")
    if go is None:
        return None
    binary = BUILD.parent / "e2e" / "go-client"
    binary.parent.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [go, "build", "-mod=readonly", "-o", binary, "."], cwd=CLIENTS / "go", capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"go build failed:\n{done.stderr}")
    return binary


def commands():
    """{client: (command, eras)}; a command is None where the client's toolchain is missing."""
    typescript = [NODE, CLIENTS / "typescript.mjs"]
    go = go_client()
    return {
        "typescript-v1": ([*typescript, "v1"], ["handshake"]),
        "typescript-v2": ([*typescript, "v2"], ["handshake", "stateless"]),
        "python": ([sys.executable, CLIENTS / "python_client.py"], ["handshake", "stateless"]),
        "go": ([go] if go else None, ["handshake", "stateless"]),
    }


def stdio_target(arguments=(), env=None):
    return {"stdio": {"command": [str(PROGRAM), "stdio", *arguments], "env": {**clean_environment(), **(env or {})}}}


def work(command, era, target, steps, cwd):
    """What the client saw: {"revision", "server", "answers"}. Raises RuntimeError with its stderr when it failed."""
    job = json.dumps({"era": era, **target, "steps": steps})
    done = subprocess.run(
        [*map(str, command), job], cwd=cwd, env=clean_environment(), capture_output=True, text=True, errors="replace",
        timeout=180, check=False,
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode != 0 or not lines:
        raise RuntimeError(f"exit {done.returncode}\n{done.stdout[-1500:]}\n{done.stderr[-3000:]}")
    return json.loads(lines[-1])


def inspector(target, era, method, *options, cwd):
    """One request of the Inspector's command line: the result object."""
    where = ["--server-url", target["url"], "--transport", "http"] if "url" in target else target["stdio"]["command"]
    pairs = [] if "url" in target else [part for key, value in target["stdio"]["env"].items() for part in ("-e", f"{key}={value}")]
    mode = {"handshake": "legacy", "stateless": "modern"}[era]
    done = subprocess.run(
        [str(part) for part in [NODE, INSPECTOR, "--cli", *where, *pairs, "--protocol-era", mode, "--method", method,
                                "--format", "json", "--quiet", *options]],
        cwd=cwd, env={**clean_environment(), "HOME": str(cwd), "PATH": f"{NODE.parent}:{os.environ['PATH']}"},
        capture_output=True, text=True, errors="replace", timeout=120, check=False,
    )
    try:
        return json.loads(done.stdout)["result"]
    except (ValueError, KeyError):
        raise RuntimeError(f"exit {done.returncode}\n{done.stdout[-1500:]}\n{done.stderr[-3000:]}") from None
