#!/usr/bin/env python3
"""500 clients and a Snowflake that takes 50 ms a query: throughput, what we add, and who gets how much.

A pool of 50 sessions cannot do more than 50 / 0.05 s = 1,000 statements a second. Printed: the rate as a part of that; the time added by
us, twice (as many clients as sessions, so that nobody waits in a queue: the whole answer less the warehouse's time; all clients: how long
a session stood idle between two statements, as the warehouse saw it); the share of the slowest client by the fastest's; errors. Each
client has its own key, so that each is a principal of its own. Guard, cache and coalescing are on; every statement is a new one.

    bench/fairness.py [--clients 500] [--seconds 10]
"""
import argparse
import asyncio
import json
import os
import re
import time

from mcp_crowd import connect, is_good, request, snowflake_mcp
from slow_snowflake import slow_snowflake

ROWS = re.compile(rb'"rows":\[\["?(\d+)"?,"?(\d+)"?\]\]')


def percentile(values, part):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))] if ordered else float("nan")


class Run:
    def __init__(self, until):
        self.until, self.counts, self.added_ms, self.errors = until, {}, [], []

    async def client(self, number, client, key):
        turn = 0
        while (began := time.monotonic_ns()) < self.until:
            turn += 1
            answer = await client.ask(request(f"SELECT {number}, {turn}, {began}", key))
            ended = time.monotonic_ns()
            times = ROWS.search(answer)
            if not is_good(answer) or not times:
                self.errors.append(answer[-300:])
                return
            self.added_ms.append((ended - began - (int(times.group(2)) - int(times.group(1)))) / 1e6)
            if ended < self.until:
                self.counts[number] = self.counts.get(number, 0) + 1


async def run(port, keys, seconds):
    clients = await connect(port, len(keys))
    one = Run(time.monotonic_ns() + int(seconds * 1e9))
    await asyncio.gather(*(one.client(number, client, key) for number, (client, key) in enumerate(zip(clients, keys))))
    for client in clients:
        client.transport.close()
    return one


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clients", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--pool", type=int, default=50)
    parser.add_argument("--latency", type=float, default=0.05)
    options = parser.parse_args()
    keys = [f"benchmark-key-number-{number:05}" for number in range(options.clients)]
    limit = options.pool / options.latency
    with slow_snowflake(options.latency) as snowflake:
        settings = snowflake.settings(
            CONNECTION_POOL_MIN_SIZE=str(options.pool), CONNECTION_POOL_MAX_SIZE=str(options.pool), MAX_CONCURRENT_REQUESTS=str(options.pool),
            REQUEST_QUEUE_SIZE="1000", CLIENT_POOL_SIZE=str(options.pool + 16), ENABLE_CONNECTION_MULTIPLEXING="false",
            ENABLE_API_KEY_AUTH="true", VALID_API_KEYS=",".join(keys))
        with snowflake_mcp(**settings) as (process, port):
            asyncio.run(run(port, keys[:options.pool], 2))  # all sessions are there now
            few = asyncio.run(run(port, keys[:options.pool], options.seconds / 2))
            snowflake.figures()
            before = cpu_seconds(process.pid)
            all_of_them = asyncio.run(run(port, keys, options.seconds))
            cpu = cpu_seconds(process.pid) - before
            figures = snowflake.figures()
    done = sum(all_of_them.counts.values())
    shares = [all_of_them.counts.get(number, 0) for number in range(options.clients)]
    idle = figures["idle_ms"]
    print(f"{options.clients} clients, {options.latency * 1000:.0f} ms a statement, pool of {options.pool}, {options.seconds:.0f} s, "
          f"{os.cpu_count()} CPUs shared with warehouse and clients")
    print(f"throughput        {done / options.seconds:7.0f} of {limit:.0f} statements/s: {done / options.seconds / limit:.3f}")
    print(f"added by us       p50 {percentile(few.added_ms, 0.5):.2f} ms, p99 {percentile(few.added_ms, 0.99):.2f} ms "
          f"(as many clients as sessions: {len(few.added_ms)} answers)")
    print(f"session idle      p50 {percentile(idle, 0.5):.2f} ms, p99 {percentile(idle, 0.99):.2f} ms (all clients: {len(idle)} statements)")
    print(f"shares            slowest {min(shares)}, fastest {max(shares)}: {min(shares) / max(max(shares), 1):.2f}")
    print(f"errors            {len(all_of_them.errors) + len(few.errors)}")
    print(f"CPU               {cpu / max(done, 1) * 1e6:.0f} us a statement")
    for answer in (all_of_them.errors + few.errors)[:3]:
        print(json.dumps(answer.decode(errors="replace")))


if __name__ == "__main__":
    main()
