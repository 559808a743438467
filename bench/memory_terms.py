#!/usr/bin/env python3
"""What the server's memory is made of: the idle process, a Snowflake session of its pool, a request under way.

    bench/memory_terms.py [--sessions 100] [--requests 100]

The figures that `snowflake-mcp plan` shows as "this build" come from here. Each is resident memory (VmRSS) against the same server without
it: the idle process has answered once and holds one session; sessions are logged in and idle; a request is a client's own connection with
one statement that runs in the warehouse (answers and the cache come on top, bounded by MAX_MEMORY_MB).
"""
import argparse
import asyncio
import os
import re
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from mcp_crowd import Client, request, snowflake_mcp  # noqa: E402
from slow_snowflake import slow_snowflake  # noqa: E402

STATEMENT_SECONDS = 1.5  # also of the statement that follows each login
WAIT_SECONDS = 120


def resident_mb(process):
    with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
        return int(re.search(r"VmRSS:\s+(\d+)", status.read()).group(1)) / 1024


async def ask_all(port, count, while_waiting):
    """Asks `count` different statements at once, each on a connection of its own; `while_waiting()` once all run."""
    loop = asyncio.get_running_loop()
    clients = [(await loop.create_connection(Client, "127.0.0.1", port))[1] for _ in range(count)]
    answers = [client.ask(request(f"SELECT {number} + {count} FROM orders")) for number, client in enumerate(clients)]
    seen = await while_waiting()
    await asyncio.gather(*answers)
    for client in clients:
        client.transport.close()
    return seen


def measure(sessions, requests):
    """(MB with so many idle sessions, MB with so many requests under way on them)."""
    with slow_snowflake(STATEMENT_SECONDS) as snowflake:
        settings = {
            "CONNECTION_POOL_MIN_SIZE": str(sessions), "CONNECTION_POOL_MAX_SIZE": str(max(sessions, requests)),
            "ENABLE_CONNECTION_MULTIPLEXING": "false", "MAX_CONCURRENT_REQUESTS": str(max(requests, 1)), "CLIENT_POOL_SIZE": "2000",
            "ENABLE_QUERY_CACHING": "false"}
        with snowflake_mcp(**snowflake.settings(**settings)) as (process, port):

            async def all_run():
                deadline = time.monotonic() + WAIT_SECONDS
                running = 0
                while running < max(requests, 1) and time.monotonic() < deadline:
                    await asyncio.sleep(0.1)
                    running = max(running, await asyncio.to_thread(lambda: snowflake.figures()["most_running"]))
                assert running >= max(requests, 1), f"only {running} of {requests} statements ran at once"
                return resident_mb(process)

            asyncio.run(ask_all(port, 1, all_run_one(process)))
            idle = wait_for_sessions(process, snowflake, sessions)
            return idle, asyncio.run(ask_all(port, requests, all_run)) if requests else None


def all_run_one(process):
    async def seen():
        return resident_mb(process)
    return seen


def wait_for_sessions(process, snowflake, sessions):
    """Memory once the pool has logged all of them in (the figures count from the last time they were asked for)."""
    deadline = time.monotonic() + WAIT_SECONDS
    logins = 0
    while logins < sessions and time.monotonic() < deadline:
        logins += snowflake.figures()["logins"]
        time.sleep(0.2)
    assert logins >= sessions, f"only {logins} of {sessions} sessions logged in"
    return resident_mb(process)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sessions", type=int, default=100)
    parser.add_argument("--requests", type=int, default=100)
    options = parser.parse_args()
    base, _ = measure(1, 0)
    idle, busy = measure(options.sessions, options.requests)
    print(f"idle process, one session: {base:.1f} MB")
    print(f"a session: {(idle - base) / (options.sessions - 1):.4f} MB ({options.sessions} of them: {idle:.1f} MB)")
    print(f"a request under way: {(busy - idle) / options.requests:.4f} MB ({options.requests} of them: {busy:.1f} MB)")


if __name__ == "__main__":
    main()
