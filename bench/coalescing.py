#!/usr/bin/env python3
"""A thousand identical calls at once: how often do they reach the warehouse?

The warehouse is a process of its own that counts statements (bench/slow_snowflake.py); each caller has its own connection, and nothing
is kept, so that whoever does not join runs the statement. Nothing is asserted.

    bench/coalescing.py [--callers 1000] [--seconds 1]
"""
import argparse
import asyncio
import time

from mcp_crowd import connect, is_good, request, snowflake_mcp
from slow_snowflake import slow_snowflake


async def crowd(port, callers):
    clients = await connect(port, callers)
    asked = request("SELECT COUNT(*) FROM ORDERS")
    started = time.monotonic()
    answers = await asyncio.gather(*(client.ask(asked) for client in clients))
    return answers, time.monotonic() - started


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--callers", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=1, help="that the statement runs")
    options = parser.parse_args()
    with slow_snowflake(options.seconds) as snowflake:
        for coalesce in ("true", "false"):
            callers = options.callers if coalesce == "true" else min(options.callers, 50)
            settings = snowflake.settings(ENABLE_QUERY_CACHING="false", ENABLE_QUERY_COALESCING=coalesce, REQUEST_QUEUE_SIZE="2000")
            with snowflake_mcp(**settings) as (_, port):
                snowflake.figures()
                answers, seconds = asyncio.run(crowd(port, callers))
                ran = snowflake.figures()["statements"]
            good = sum(is_good(answer) for answer in answers)
            print(f"coalescing {'on ' if coalesce == 'true' else 'off'}: {callers} identical calls at once, statement of {options.seconds} s: "
                  f"{ran} reached the warehouse, {good} answers, all after {seconds:.2f} s")


if __name__ == "__main__":
    main()
