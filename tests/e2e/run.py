#!/usr/bin/env python3
"""snowflake-mcp from outside: official clients, replicas, load balancers, bad input. One JSON line a check.

    run.py [startup] [day] [replicas] [guide] [cache] [cache_faults] [memory] [limits] [bench] [report]     default: all
"""

import importlib
import pathlib
import sys
import tempfile
import traceback

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.servers import check  # noqa: E402

PARTS = ("startup", "day", "replicas", "guide", "cache", "memory", "limits", "bench", "report")


def main():
    for part in sys.argv[1:] or PARTS:
        module = importlib.import_module(part)
        with tempfile.TemporaryDirectory() as folder:
            try:
                module.run(folder)
            except Exception:  # noqa: BLE001: the other parts are to be run all the same
                check(f"{part}/ran to its end", False, traceback.format_exc())


if __name__ == "__main__":
    main()
