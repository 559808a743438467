"""A million rows of Snowflake's Arrow chunks to CSV: this server's result set against pyarrow's C++ reader and writer.

pyarrow gets the same chunks, and does in its own kernels what the official Python connector does before it hands a
table over: decimal points are placed, epochs and fractions become time stamps. Skipped where pyarrow is not installed.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent


def main() -> int:
    binary = ROOT / "build/release/bench/snowflake_result_bench"
    if len(sys.argv) > 1:
        binary = pathlib.Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        environment = dict(os.environ, TMPDIR=folder, KEEP_CHUNKS="1")
        ran = subprocess.run([binary, "--benchmark_format=json", "--benchmark_filter=million_rows"], env=environment,
                             stdout=subprocess.PIPE, check=True)
        ours = {row["name"].split("/")[1]: row for row in json.loads(ran.stdout)["benchmarks"]}
        for name, row in ours.items():
            print(f"{name:6} ours: {row['cpu_seconds']:.2f} s CPU, {row['peak_mb_above']:.0f} MB above the baseline")
        try:
            import pyarrow
            from pyarrow import compute, csv, ipc
        except ImportError:
            print("pyarrow is not installed: no peer")
            return 0
        pyarrow.set_cpu_count(1)
        tables = []
        start = time.process_time()
        for path in sorted(pathlib.Path(folder).glob("snowflake_result_bench_arrow_*")):
            with ipc.open_stream(path.read_bytes()) as stream:
                tables.append(stream.read_all())
        table = pyarrow.concat_tables(tables)
        amount = compute.cast(table["AMOUNT"], pyarrow.decimal128(19, 0))
        money = pyarrow.decimal128(18, 2)
        placed = pyarrow.chunked_array([pyarrow.Array.from_buffers(money, len(chunk), chunk.buffers())
                                        for chunk in amount.chunks])
        epoch, fraction = (compute.struct_field(table["AT"], i) for i in (0, 1))
        nanoseconds = compute.add(compute.multiply(epoch, 1_000_000_000), compute.cast(fraction, pyarrow.int64()))
        table = table.set_column(1, "AMOUNT", placed)
        table = table.set_column(5, "AT", compute.cast(nanoseconds, pyarrow.timestamp("ns")))
        csv.write_csv(table, "/dev/null")
        peer = time.process_time() - start
        ratio = ours["arrow"]["cpu_seconds"] / peer
        print(f"arrow  pyarrow {pyarrow.__version__}: {peer:.2f} s CPU; ours is {ratio:.2f} of it")
    return 0


if __name__ == "__main__":
    sys.exit(main())
