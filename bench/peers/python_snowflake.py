"""Snowflake's Python driver as a peer: SELECT 1, so many threads for so long. Prints CPU time a query, rate and peak memory as JSON.

    python_snowflake.py <port> <in flight> <seconds>
"""
import json
import os
import resource
import sys
import threading
import time

os.environ["SNOWFLAKE_DISABLE_PLATFORM_DETECTION"] = "true"
import snowflake.connector  # noqa: E402

PORT, FLIGHT, SECONDS = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])


def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def run(connections, seconds):
    counts, end = [0] * len(connections), time.monotonic() + seconds

    def loop(number):
        while time.monotonic() < end:
            if connections[number].cursor().execute("SELECT 1").fetchone() != (1,):
                raise RuntimeError("not 1")
            counts[number] += 1

    threads = [threading.Thread(target=loop, args=(number,)) for number in range(len(connections))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts)


def main():
    connections = [snowflake.connector.connect(account="acct", user="tester", password="pass", host="127.0.0.1", port=PORT, protocol="http")
                   for _ in range(FLIGHT)]
    run(connections, 1)
    before, started = cpu(), time.monotonic()
    count = run(connections, SECONDS)
    elapsed, spent = time.monotonic() - started, cpu() - before
    print(json.dumps({"queries": count, "seconds": elapsed, "cpu_us": spent / count * 1e6,
                      "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}), flush=True)
    os._exit(0)


main()
