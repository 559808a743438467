#!/usr/bin/env python3
"""What a result of 100 MB costs in memory: with the byte limit lifted, and cut at 1 MB; embedded and over Snowflake's protocol.

100,000 rows of 1,000 bytes. The answer holds them twice, as text and as structured content. Printed: the peak of resident memory above
what the server held before the call (the kernel's own high-water mark, set back before the call), as a ratio to the rows' 100 MB and to the
bytes of the answer. The Snowflake is an nginx with canned chunks (bench/snowflake_server.py). Nothing is asserted.

    bench/large_result.py [--megabytes 100]
"""
import argparse
import gzip
import http.client
import json
import os
import tempfile
import time

from mcp_crowd import REVISION, snowflake_mcp
from snowflake_server import ANSWER, canned_snowflake, envelope

ROW_BYTES = 1000
ROWS_A_CHUNK = 5000
HEADERS = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream", "MCP-Protocol-Version": REVISION,
           "Mcp-Method": "tools/call", "Mcp-Name": "execute_query"}
LIFTED = {"MAX_RESULT_BYTES": str(256 << 20), "MAX_QUERY_RESULT_ROWS": "1000000", "MAX_MEMORY_MB": "4096", "ENABLE_QUERY_CACHING": "false"}
CUT = LIFTED | {"MAX_RESULT_BYTES": str(1 << 20)}


def status_mb(pid, name):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(f"{name}:")) / 1024


def ask(port, sql, limit):
    """Reads the answer as it comes and keeps its beginning and end: (bytes, head, tail)."""
    meta = {"io.modelcontextprotocol/protocolVersion": REVISION, "io.modelcontextprotocol/clientCapabilities": {}}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": {"name": "execute_query", "arguments": {"query": sql, "limit": limit}, "_meta": meta}}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
    connection.request("POST", "/mcp", json.dumps(body), HEADERS)
    answer = connection.getresponse()
    count, head, tail = 0, b"", b""
    while piece := answer.read(1 << 20):
        count += len(piece)
        head = head or piece[:300]
        tail = (tail + piece)[-4000:]
    connection.close()
    return count, head, tail


def measure(name, process, port, sql, rows):
    for _ in range(3):
        ask(port, "SELECT 1", 1)
    time.sleep(0.2)
    with open(f"/proc/{process.pid}/clear_refs", "w", encoding="ascii") as refs:
        refs.write("5")  # sets the high-water mark back
    before = status_mb(process.pid, "VmRSS")
    started = time.monotonic()
    count, head, tail = ask(port, sql, rows)
    seconds = time.monotonic() - started
    above = status_mb(process.pid, "VmHWM") - before
    if b'"structuredContent"' not in tail + head and b'"row_count"' not in tail:
        print(f"{name}: no answer: {head!r}")
        return
    whole = rows * ROW_BYTES / (1 << 20)
    print(f"{name:34} {count / (1 << 20):8.1f} MB sent, {above:7.1f} MB above {before:.0f} MB: {above / whole:.2f} of the rows' {whole:.0f} MB, "
          f"{above / (count / (1 << 20)):.2f} of what was sent; {seconds:.1f} s")


def embedded(rows):
    sql = f"SELECT SEQ4() AS N, REPEAT('abcdefghij', {ROW_BYTES // 10}) AS T FROM TABLE(GENERATOR(ROWCOUNT => {rows}))"
    for name, settings in (("embedded, limit lifted", LIFTED), ("embedded, cut at 1 MB", CUT)):
        with snowflake_mcp(**settings) as (process, port):
            measure(name, process, port, sql, rows)


def canned_result(folder, rows):
    """Chunks as files, and the answer that names them."""
    chunks = []
    for first in range(0, rows, ROWS_A_CHUNK):
        count = min(ROWS_A_CHUNK, rows - first)
        text = ",".join(f'["{n}","{"abcdefghij" * (ROW_BYTES // 10)}"]' for n in range(first, first + count)).encode()
        packed = gzip.compress(text, 1)
        with open(os.path.join(folder, f"chunk{len(chunks)}.gz"), "wb") as file:
            file.write(packed)
        chunks.append({"rowCount": count, "uncompressedSize": len(text), "compressedSize": len(packed)})

    def canned(port):
        data = json.loads(ANSWER)["data"]
        number = data["rowtype"][0]
        data["rowtype"] = [number | {"name": "N", "precision": 38}, number | {"name": "T", "type": "text", "length": ROW_BYTES, "precision": None}]
        listed = [{"url": f"http://127.0.0.1:{port}/files/chunk{i}.gz", **chunk} for i, chunk in enumerate(chunks)]
        data |= {"rowset": [], "total": rows, "returned": rows, "chunks": listed, "chunkHeaders": {}, "qrmk": None}
        return {"= /queries/v1/query-request": envelope(data)}

    return canned


def over_snowflake(rows):
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        with canned_snowflake(canned_result(folder, rows), folder) as snowflake:
            account = {
                "SNOWFLAKE_ACCOUNT": "acct", "SNOWFLAKE_USER": "tester", "SNOWFLAKE_PASSWORD": "any", "SNOWFLAKE_PROTOCOL": "http",
                "SNOWFLAKE_HOST": "127.0.0.1", "SNOWFLAKE_PORT": str(snowflake), "SNOWFLAKE_WAREHOUSE": "COMPUTE_WH",
                "SNOWFLAKE_DATABASE": "SALES", "SNOWFLAKE_SCHEMA": "PUBLIC", "SNOWFLAKE_ROLE": "ANALYST", "SNOWFLAKE_CONNECTION_NAME": "none",
                "NO_PROXY": "127.0.0.1", "CONNECTION_POOL_MIN_SIZE": "1"}
            for name, settings in (("Snowflake's chunks, limit lifted", LIFTED), ("Snowflake's chunks, cut at 1 MB", CUT)):
                with snowflake_mcp(**settings, **account) as (process, port):
                    measure(name, process, port, "SELECT N, T FROM LARGE", rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--megabytes", type=int, default=100)
    rows = parser.parse_args().megabytes * (1 << 20) // ROW_BYTES
    embedded(rows)
    over_snowflake(rows)


if __name__ == "__main__":
    main()
