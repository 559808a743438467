#!/usr/bin/env python3
"""clang-tidy with the checks of .clang-tidy over the sources that they are about.

    scripts/tidy.py [file]...     default: every .cpp of src/ that has coroutines in it or in a header of its folder

Uses build/release/compile_commands.json. Results are kept in .cache/tidy by the content of the file and of everything
it includes from src/, so that a second run only looks at what changed.
"""

import hashlib
import os
import pathlib
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

ROOT = pathlib.Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache" / "tidy"
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)
COROUTINE = re.compile(r"\bco_(?:await|return|yield|spawn)\b")


def closure(file, seen):
    """The file and all that it includes from src/."""
    if file in seen or not file.is_file():
        return seen
    seen.add(file)
    for name in INCLUDE.findall(file.read_text(encoding="utf-8")):
        closure(ROOT / "src" / name, seen)
    return seen


def tidy(file):
    files = sorted(closure(file, set()))
    digest = hashlib.sha256((ROOT / ".clang-tidy").read_bytes())
    for included in files:
        digest.update(str(included.relative_to(ROOT)).encode())
        digest.update(included.read_bytes())
    mark = CACHE / digest.hexdigest()
    if mark.exists():
        return 0, ""
    done = subprocess.run(
        ["clang-tidy-19", "--quiet", "-p", ROOT / "build" / "release", file],
        cwd=ROOT, capture_output=True, text=True, errors="replace", check=False,
    )
    if done.returncode == 0:
        mark.touch()
    return done.returncode, done.stdout + done.stderr


def main():
    CACHE.mkdir(parents=True, exist_ok=True)
    files = [pathlib.Path(name).resolve() for name in sys.argv[1:]]
    if not files:
        files = [path for path in sorted((ROOT / "src").rglob("*.cpp")) if COROUTINE.search(path.read_text(encoding="utf-8"))]
    if not files:
        print("no file to look at")
        return 1
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        results = list(pool.map(tidy, files))
    for code, text in results:
        if code != 0:
            print(text)
    return 1 if any(code for code, _ in results) else 0


if __name__ == "__main__":
    sys.exit(main())
