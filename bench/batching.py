#!/usr/bin/env python3
"""Batching on against off, beside what arithmetic allows: small reads, 50 ms a round trip, children one after the other at 1 ms each.

The warehouse is a process of its own: a request arrives, waits for one round trip and for each of its statements, and is answered; each
child's rows cost one GET of one round trip. Nothing is kept and nothing is shared, so every statement travels. Two pools are
measured: of sessions that carry one statement each (multiplexing off), 10 of them by default.

The ceiling. A session is taken for the time of its request: a round trip and n statements for a batch of n, a round trip and one statement
without. The GETs need no session (ids are good in any), so of themselves they add nothing to what S sessions can do:
    off  S / (round trip + statement)            on  S * n / (round trip + n * statement)
Each call then needs connections: CLIENT_POOL_SIZE is set so high that they are no bound. Clients are as many as keep all sessions busy and
all batches full: twice what is under way at the ceiling.

The cost of a bad statement: a batch of n, of which one fails, on a server where nothing else runs. Printed are requests to the warehouse
and the time until the last of the others has its answer, each beside a batch without a bad one: in round trips.

    bench/batching.py [--seconds 8] [--pool 10] [--size 10] [--latency 0.05] [--statement 0.001]
"""
import argparse
import asyncio
import contextlib
import json
import multiprocessing
import os
import re
import time

from mcp_crowd import connect, is_good, request, snowflake_mcp
from slow_snowflake import Connection, Figures, Server, SlowSnowflake

STATEMENTS = re.compile(rb'"MULTI_STATEMENT_COUNT": *(\d+)')
TEXT = re.compile(rb'"sqlText": *"((?:[^"\\]|\\.)*)"')
BAD = b"missing_table"


def answer(data, code=None, message=None):
    return json.dumps({"data": data, "code": code, "message": message, "success": code is None}, separators=(",", ":")).encode()


class BatchFigures(Figures):
    def __init__(self):
        super().__init__()
        self.requests = self.batches = self.gets = 0


class Warehouse(Connection):
    """A round trip for each request, and a time for each statement of it."""

    def data_received(self, data):
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = bytes(self.buffer[:end])
            length = re.search(rb"content-length: *(\d+)", head, re.IGNORECASE)
            whole = end + 4 + (int(length.group(1)) if length else 0)
            if len(self.buffer) < whole:
                return
            self.body = bytes(self.buffer[end + 4:whole])
            del self.buffer[:whole]
            self.request(head)

    def later(self, seconds, body):
        asyncio.get_running_loop().call_later(seconds, self.send, body)

    def request(self, head):
        target = head.split(b" ", 2)[1]
        if target.startswith(b"/queries/v1/query-request"):
            self.query()
        elif target.startswith(b"/queries/") and b"/result" in target:
            self.server.figures.gets += 1
            self.later(self.server.seconds, self.rows(int(target.split(b"/")[2].split(b"-")[-1], 16)))
        elif target.startswith(b"/figures"):
            figures, self.server.figures = self.server.figures, BatchFigures()
            self.send(json.dumps(figures.as_json()).encode())
        else:
            super().request(head)

    def query(self):
        figures, server = self.server.figures, self.server
        found = STATEMENTS.search(self.body)
        count = int(found.group(1)) if found else 1
        texts = TEXT.search(self.body).group(1).split(b"\\n;\\n")
        assert len(texts) == count, f"{len(texts)} statements, {count} announced"
        figures.requests += 1
        figures.batches += count > 1
        ids, taken = [], server.seconds
        for text in texts:
            figures.statements += 1
            taken += server.statement_seconds
            if BAD in text:
                error = {"queryId": server.query_id(0), "sqlState": "42S02"}
                self.later(taken, answer(error, "002003", "SQL compilation error: Object 'MISSING_TABLE' does not exist."))
                return
            ids.append(server.query_id(number_of(text)))
        if count == 1:
            self.later(taken, self.rows(number_of(texts[0])))
        else:
            self.later(taken, answer({"queryId": server.query_id(0), "resultIds": ",".join(ids), "resultTypes": ",".join(["4096"] * count),
                                      "statementTypeId": 40960, "rowtype": [], "rowset": [], "total": 1, "returned": 1,
                                      "queryResultFormat": "json"}))

    def rows(self, number):
        return b'%s["%d","%d"]%s' % (self.BEFORE, number, number, self.AFTER)


def number_of(text):
    found = re.search(rb"\d+", text)
    return int(found.group(0)) if found else 0


class WarehouseServer(Server):
    def __init__(self, seconds, statement_seconds):
        super().__init__(seconds)
        self.statement_seconds, self.figures = statement_seconds, BatchFigures()

    @staticmethod
    def query_id(number):
        return f"01b2c3d4-0000-1111-0000-{number:012x}"

    async def serve(self, told):
        listening = await asyncio.get_running_loop().create_server(lambda: Warehouse(self), "127.0.0.1", 0, backlog=1024)
        told.send(listening.sockets[0].getsockname()[1])
        await listening.serve_forever()


def serve(seconds, statement_seconds, told):
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(WarehouseServer(seconds, statement_seconds).serve(told))


@contextlib.contextmanager
def warehouse(seconds, statement_seconds):
    here, there = multiprocessing.Pipe()
    process = multiprocessing.Process(target=serve, args=(seconds, statement_seconds, there), daemon=True)
    process.start()
    try:
        yield SlowSnowflake(here.recv())
    finally:
        process.terminate()
        process.join()


def settings(snowflake, options, batching, clients):
    return snowflake.settings(
        CONNECTION_POOL_MIN_SIZE=str(options.pool), CONNECTION_POOL_MAX_SIZE=str(options.pool), MAX_CONCURRENT_REQUESTS="1000",
        REQUEST_QUEUE_SIZE="5000", CLIENT_POOL_SIZE=str(clients + 50), ENABLE_CONNECTION_MULTIPLEXING="false",
        ENABLE_QUERY_CACHING="false", ENABLE_QUERY_COALESCING="false", ENABLE_QUERY_BATCHING=batching, BATCH_SIZE=str(options.size))


async def crowd(port, count, seconds, first):
    """(answers within the time, errors): each client asks as soon as it has its answer, each time another statement."""
    clients = await connect(port, count)
    until, good, errors = time.monotonic() + seconds, 0, []

    async def one(number, client):
        nonlocal good
        turn = 0
        while time.monotonic() < until:
            value = first + number + turn * count
            turn += 1
            got = await client.ask(request(f"SELECT {value}"))
            if not is_good(got) or b"%d" % value not in got:
                errors.append(got[-300:])
                return
            good += time.monotonic() < until

    await asyncio.gather(*(one(number, client) for number, client in enumerate(clients)))
    for client in clients:
        client.transport.close()
    return good, errors


def rate(snowflake, options, batching, clients):
    with snowflake_mcp(**settings(snowflake, options, batching, clients)) as (_, port):
        asyncio.run(crowd(port, clients, 2, 1))  # all sessions are there now
        snowflake.figures()
        good, errors = asyncio.run(crowd(port, clients, options.seconds, 10_000_000))
        return good / options.seconds, errors, snowflake.figures()


async def one_batch(port, options, bad):
    """While all sessions are taken, n statements arrive at once: (milliseconds until the last good one, errors)."""
    clients = await connect(port, options.pool + options.size)
    busy = [asyncio.ensure_future(client.ask(request(f"SELECT {number}"))) for number, client in enumerate(clients[:options.pool])]
    await asyncio.sleep(options.latency / 2)  # they are away, and come back together
    texts = [f"SELECT {100 + number}" for number in range(options.size)]
    if bad is not None:
        texts[bad] = "SELECT * FROM missing_table"
    waiting = [asyncio.ensure_future(client.ask(request(text))) for client, text in zip(clients[options.pool:], texts)]
    await asyncio.gather(*busy)
    began = time.monotonic()
    good = [one for number, one in enumerate(waiting) if number != bad]
    answers = await asyncio.gather(*good)
    taken = (time.monotonic() - began) * 1000
    wrong = sum(not is_good(one) for one in answers)
    if bad is not None:
        wrong += is_good(await waiting[bad])
    for client in clients:
        client.transport.close()
    return taken, wrong


def cost(snowflake, port, options, bad):
    snowflake.figures()
    taken, wrong = asyncio.run(one_batch(port, options, bad))
    figures = snowflake.figures()
    return taken, figures["requests"] + figures["gets"] - options.pool, wrong, figures["batches"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--pool", type=int, default=10)
    parser.add_argument("--size", type=int, default=10)
    parser.add_argument("--latency", type=float, default=0.05, help="seconds a round trip")
    parser.add_argument("--statement", type=float, default=0.001, help="seconds a statement")
    options = parser.parse_args()
    alone = options.latency + options.statement
    together = options.latency + options.size * options.statement
    ceiling_off = options.pool / alone
    ceiling_on = options.pool * options.size / together
    clients = {"false": 4 * options.pool, "true": int(2 * ceiling_on * (together + options.latency))}
    with warehouse(options.latency, options.statement) as snowflake:
        print(f"pool of {options.pool}, {options.latency * 1000:.0f} ms a round trip, {options.statement * 1000:.0f} ms a statement, "
              f"{options.seconds:.0f} s, {os.cpu_count()} CPUs shared with warehouse and clients")
        rates = {}
        for batching, name, ceiling in (("false", "off", ceiling_off), ("true", f"on, {options.size} at most", ceiling_on)):
            rates[batching], errors, figures = rate(snowflake, options, batching, clients[batching])
            size = figures["statements"] / max(figures["requests"], 1)
            print(f"batching {name:16} {rates[batching]:7.0f} of {ceiling:7.1f} statements/s: {rates[batching] / ceiling:.3f} of the ceiling; "
                  f"{clients[batching]} clients, {size:.1f} statements a request, {len(errors)} errors")
            for error in errors[:2]:
                print(json.dumps(error.decode(errors="replace")))
        print(f"on against off            {rates['true'] / max(rates['false'], 1):.2f} times; the ceilings' ratio is {ceiling_on / ceiling_off:.2f}")
        with snowflake_mcp(**settings(snowflake, options, "true", 200)) as (_, port):
            asyncio.run(crowd(port, options.pool * 4, 2, 1))
            usual, requests, wrong, _ = min(cost(snowflake, port, options, None) for _ in range(3))
            print(f"a batch of {options.size:<3}            {requests} requests, last answer {usual:.0f} ms after its session came free; {wrong} wrong")
            for bad in (0, options.size // 2, options.size - 1):
                taken, more, wrong, batches = min(cost(snowflake, port, options, bad) for _ in range(3))
                print(f"  statement {bad + 1:2} is bad       {more - requests:+d} requests, {(taken - usual) / 1000 / options.latency:+.1f} round trips "
                      f"until the last of the others; {wrong} wrong, {batches} batch")


if __name__ == "__main__":
    main()
