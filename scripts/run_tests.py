#!/usr/bin/env python3
"""Builds and runs the parts of ./test and adds up what each runner reports. Standard library only.

A part is a function that takes the Report and adds results to it: what a runner counted, never what was hoped for. A part
that cannot be built, or whose runner ends without a result, is a failure.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree as ElementTree
from concurrent.futures import ThreadPoolExecutor

ROOT = pathlib.Path(__file__).resolve().parent.parent
RESULTS = ROOT / "build" / "test-results"
PYTHON = sys.executable
E2E_PYTHON = ROOT / "third_party" / ".downloads" / "venv-e2e" / "bin" / "python"
CORES = max(1, len(os.sched_getaffinity(0)))

# Folders whose tests run threads against each other.
TSAN_TESTS = ["base", "async", "backend", "backend_duckdb", "query", "net_server", "net_client", "access", "transport", "app"]
FUZZ_SECONDS = int(os.environ.get("FUZZ_SECONDS", "20"))


class Report:
    """Counts of one run, and what failed, by name."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0
        self.failures = []
        self.lock = threading.Lock()  # runners of one part work side by side

    def add(self, name, ok, why=""):
        if not ok:
            self.fail(name, why)
            return
        with self.lock:
            self.passed += 1

    def fail(self, name, why=""):
        with self.lock:
            self.failed += 1
            self.failures.append(name)
            print(f"FAILED {name}" + (f"\n{indent(why)}" if why else ""), flush=True)

    def skip(self, name, why):
        with self.lock:
            self.skipped += 1
            print(f"skipped {name}: {why}", flush=True)


def indent(text, last_lines=60):
    return "\n".join("    " + line for line in text.strip().splitlines()[-last_lines:])


def build(report, preset, *targets):
    started = time.monotonic()
    log = RESULTS / f"build-{preset}.log"
    with open(log, "w", encoding="utf-8") as out:
        done = subprocess.run([ROOT / "scripts" / "build", preset, *targets], stdout=out, stderr=subprocess.STDOUT, check=False)
    print(f"built {preset}: {' '.join(targets)} ({time.monotonic() - started:.0f} s)", flush=True)
    if done.returncode != 0:
        report.fail(f"build of {preset}", log.read_text(encoding="utf-8", errors="replace"))
    return done.returncode == 0


def test_binaries(preset, names=None):
    """The test binaries of a preset that its build files name; a left-over of an older tree is not among them."""
    listing = subprocess.run(
        ["ninja", "-C", ROOT / "build" / preset, "-t", "query", "tests/unit_tests"], capture_output=True, text=True, check=False
    ).stdout
    found = sorted(set(re.findall(r"tests/(\w+_test)\b", listing)))
    wanted = found if names is None else [name for name in found if name.removesuffix("_test") in names]
    return [ROOT / "build" / preset / "tests" / name for name in wanted]


def run_gtest(report, binary, part, environment):
    xml = RESULTS / f"{part}-{binary.name}.xml"
    xml.unlink(missing_ok=True)
    started = time.monotonic()
    try:
        done = subprocess.run(
            [binary, f"--gtest_output=xml:{xml}", "--gtest_brief=1"],
            cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, errors="replace",
            timeout=600, check=False,
        )
        output, code = done.stdout + done.stderr, done.returncode
    except subprocess.TimeoutExpired as error:
        output, code = f"no end within {error.timeout:.0f} s\n{(error.stdout or b'').decode(errors='replace')}", -1
    name = f"{part}/{binary.name}"
    try:
        cases = ElementTree.parse(xml).getroot().iter("testcase")
    except (OSError, ElementTree.ParseError):
        report.fail(name, f"exit {code} without a result\n{output}")
        return
    failed = count = 0
    for case in cases:
        case_name = f"{name}: {case.get('classname')}.{case.get('name')}"
        failures = case.findall("failure")
        if case.get("result") in ("skipped", "suppressed") or case.get("status") == "notrun":
            skipped = case.find("skipped")
            report.skip(case_name, skipped.get("message", "") if skipped is not None else "disabled")
            continue
        count += 1
        failed += bool(failures)
        report.add(case_name, not failures, "\n".join(failure.get("message", "") for failure in failures))
    if code != 0 and failed == 0:
        report.fail(name, f"exit {code} although every case passed\n{output}")
    if count == 0:
        report.fail(name, "the binary ran no test")
    print(f"  {name}: {count} ran, {failed} failed ({time.monotonic() - started:.1f} s)", flush=True)


def run_gtests(report, preset, part, environment=None, names=None):
    if names is None:
        targets = ["unit_tests"]
    else:
        names = [name for name in names if any((ROOT / "tests" / folder_of(name)).glob("*_test.cpp"))]
        targets = [f"{name}_test" for name in names]
    if not build(report, preset, *targets):
        return
    binaries = test_binaries(preset, names)
    if not binaries:
        report.fail(part, "no test binary found")
    with ThreadPoolExecutor(CORES) as pool:
        list(pool.map(lambda binary: run_gtest(report, binary, part, environment or {}), binaries))


def folder_of(target):
    """net_server -> net/server, as the names of targets are made."""
    for parent in ("net", "backend"):
        if target.startswith(parent + "_"):
            return f"{parent}/{target[len(parent) + 1:]}"
    return target


SYMBOLS = {"ASAN_SYMBOLIZER_PATH": "/usr/bin/llvm-symbolizer-19"}


def unit(report):
    run_gtests(report, "release", "unit")


def asan(report):
    run_gtests(report, "asan", "asan", {
        **SYMBOLS,
        "ASAN_OPTIONS": "detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1:check_initialization_order=1",
        "UBSAN_OPTIONS": "print_stacktrace=1",
        "LSAN_OPTIONS": f"suppressions={ROOT}/tests/lsan.supp:print_suppressions=0",
    })


def tsan(report):
    run_gtests(report, "tsan", "tsan", {
        "TSAN_OPTIONS": f"halt_on_error=0:second_deadlock_stack=1:suppressions={ROOT}/tests/tsan.supp:"
                        "external_symbolizer_path=/usr/bin/llvm-symbolizer-19",
    }, TSAN_TESTS)


def fuzz(report):
    """Every fuzz target for FUZZ_SECONDS, from its corpus in tests/fuzz/corpus/<name>."""
    if not build(report, "fuzz", "fuzzers"):
        return
    names = sorted(path.stem for path in (ROOT / "tests" / "fuzz").glob("**/*_fuzz.cpp"))
    if not names:
        report.fail("fuzz", "no fuzz target found")

    def run(name):
        work, found = ROOT / "build" / "fuzz" / "corpus" / name, RESULTS / f"fuzz-{name}-"
        work.mkdir(parents=True, exist_ok=True)
        seeds = ROOT / "tests" / "fuzz" / "corpus" / name
        options = [f"-max_total_time={FUZZ_SECONDS}", "-timeout=10", "-rss_limit_mb=3000", "-print_final_stats=1"]
        for dictionary in (ROOT / "tests" / "fuzz").glob(f"**/{name}.dict"):
            options.append(f"-dict={dictionary}")
        done = subprocess.run(
            [ROOT / "build" / "fuzz" / "fuzz" / name, *options, f"-artifact_prefix={found}", work, *([seeds] if seeds.is_dir() else [])],
            cwd=ROOT, env={**os.environ, **SYMBOLS}, capture_output=True, text=True, errors="replace", check=False,
        )
        runs = re.search(r"number_of_executed_units:\s*(\d+)", done.stderr)
        ok = done.returncode == 0 and runs is not None and int(runs.group(1)) > 0
        report.add(f"fuzz/{name}", ok, done.stderr)
        print(f"  fuzz/{name}: {runs.group(1) if runs else 0} inputs in {FUZZ_SECONDS} s", flush=True)

    with ThreadPoolExecutor(CORES) as pool:
        list(pool.map(run, names))


def run_reporting(report, part, command):
    """Runs a script that prints one JSON line a check: {"name", "result": passed|failed|skipped, "why"}."""
    started = time.monotonic()
    count = 0
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, errors="replace") as process:
        for line in process.stdout:
            try:
                check = json.loads(line)
                name, result = f"{part}/{check['name']}", check["result"]
            except (ValueError, KeyError, TypeError):
                print(line, end="", flush=True)
                continue
            count += 1
            if result == "skipped":
                report.skip(name, check.get("why", ""))
            else:
                report.add(name, result == "passed", check.get("why", ""))
    if process.returncode != 0:
        report.fail(part, f"{' '.join(map(str, command))} ended with exit code {process.returncode}")
    elif count == 0:
        report.fail(part, "no check was made")
    print(f"  {part}: {count} checks ({time.monotonic() - started:.1f} s)", flush=True)


def conformance(report):
    if build(report, "release", "snowflake-mcp", "mcp-conformance-server"):
        run_reporting(report, "conformance", [PYTHON, ROOT / "tests" / "conformance" / "run.py"])


def e2e(report):
    if build(report, "release", "snowflake-mcp"):
        run_reporting(report, "e2e", [E2E_PYTHON, ROOT / "tests" / "e2e" / "run.py"])


def faults(report):
    """The program against a Snowflake that misbehaves."""
    if build(report, "release", "snowflake-mcp"):
        run_reporting(report, "faults", [PYTHON, ROOT / "tests" / "faults" / "run.py"])


def snowflake(report):
    """Snowflake's own drivers, and what others wrote, as judges of our Snowflake side."""
    if build(report, "release", "snowflake-mcp"):
        run_reporting(report, "snowflake", [PYTHON, ROOT / "tests" / "snowflake" / "run.py"])


def scripts(report):
    """Unit tests of the scripts themselves; some of them call the program."""
    if not build(report, "release", "snowflake-mcp"):
        return
    for file in sorted((ROOT / "tests" / "scripts").glob("*_test.py")):
        done = subprocess.run([PYTHON, file], capture_output=True, text=True, check=False)
        ran = re.search(r"^Ran (\d+) tests?", done.stderr, re.MULTILINE)
        bad = sum(int(n) for n in re.findall(r"(?:failures|errors)=(\d+)", done.stderr))
        count = int(ran.group(1)) if ran else 0
        for _ in range(count - bad):
            report.add(file.name, True)
        if bad or done.returncode != 0 or count == 0:
            for _ in range(max(1, bad) - 1):
                report.fail(f"scripts/{file.name}")
            report.fail(f"scripts/{file.name}", done.stderr)
        print(f"  scripts/{file.name}: {count} ran, {bad} failed", flush=True)


def lint(report):
    """Format, includes, generated documents, clang-tidy: one result each."""
    tracked = subprocess.run(
        ["git", "ls-files", "*.cpp", "*.hpp"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()

    def check(name, command):
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, errors="replace", check=False)
        report.add(f"lint/{name}", done.returncode == 0, done.stdout + done.stderr)

    check("format", ["clang-format-19", "--dry-run", "--Werror", *tracked])
    check("includes", [PYTHON, ROOT / "scripts" / "check_includes"])
    check("words", [PYTHON, ROOT / "scripts" / "check_words.py"])
    if build(report, "release", "snowflake-mcp"):
        check("generated documents", [ROOT / "scripts" / "generate_docs", "--check"])
    check("clang-tidy", [PYTHON, ROOT / "scripts" / "tidy.py"])


PARTS = {part.__name__: part for part in (unit, scripts, asan, tsan, fuzz, conformance, e2e, snowflake, faults)}
EXTRA = {"lint": lint}


def main():
    wanted = sys.argv[1:] or ["all"]
    names = []
    for name in wanted:
        if name == "all":
            names += PARTS
        elif name in PARTS or name in EXTRA:
            names.append(name)
        else:
            print(f"no such part: {name}. Parts: all {' '.join([*PARTS, *EXTRA])}", file=sys.stderr)
            return 2
    RESULTS.mkdir(parents=True, exist_ok=True)
    report = Report()
    for name in dict.fromkeys(names):
        print(f"== {name}", flush=True)
        started = time.monotonic()
        (PARTS | EXTRA)[name](report)
        print(f"== {name} took {time.monotonic() - started:.0f} s", flush=True)
    if report.failures:
        print("\nFailed:\n" + indent("\n".join(report.failures), 200))
    print(f"\n{report.passed} passed, {report.failed} failed" + (f", {report.skipped} skipped" if report.skipped else ""))
    return 1 if report.failed or not report.passed else 0


if __name__ == "__main__":
    sys.exit(main())
