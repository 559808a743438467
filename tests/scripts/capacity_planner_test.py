"""snowflake-mcp plan and scripts/capacity_planner.py against a computation of their own; bad input; the emitted configuration."""

import datetime
import json
import math
import os
import pathlib
import stat
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "capacity_planner.py"
PROGRAM = os.environ.get("SNOWFLAKE_MCP") or str(ROOT / "build" / "release" / "snowflake-mcp")


def run(*arguments, stdout=subprocess.PIPE, env=None):
    return subprocess.run([PROGRAM, "plan", *arguments], stdout=stdout, stderr=subprocess.PIPE, text=True, env=env, check=False)


def plan(*arguments):
    done = run(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def guide(clients, rate, months=12, today=None):
    """The arithmetic of the scaling guide's calculator: (month, date, clients, instances, cores, GB, dollars) a month."""
    today = today or datetime.datetime.now()
    rows, load = [], clients
    for month in range(1, months + 1):
        load = load * (1 + rate)
        instances = math.ceil(int(load) * (1 + 0.2) / 50)
        date = (today + datetime.timedelta(days=30 * month)).strftime("%Y-%m")
        rows.append((month, date, int(load), instances, instances * 4, instances * 2, instances * 150))
    return rows


def rows_of(answer):
    names = ("month", "date", "clients", "instances", "cpu_cores", "memory_gb", "monthly_cost_usd")
    return [tuple(month[name] for name in names) for month in answer["months"]]


class Numbers(unittest.TestCase):
    def test_the_worked_example_all_twelve_months(self):
        expected = [
            (28, 1, 4, 2, 150), (33, 1, 4, 2, 150), (38, 1, 4, 2, 150), (43, 2, 8, 4, 300), (50, 2, 8, 4, 300), (57, 2, 8, 4, 300),
            (66, 2, 8, 4, 300), (76, 2, 8, 4, 300), (87, 3, 12, 6, 450), (101, 3, 12, 6, 450), (116, 3, 12, 6, 450), (133, 4, 16, 8, 600),
        ]
        answer = plan("--clients", "25", "--growth", "0.15", "--months", "12")
        self.assertEqual([row[2:] for row in rows_of(answer)], expected)
        self.assertEqual([m["instances"] for m in answer["milestones"]], [2, 3, 4])
        self.assertEqual([m["clients"] for m in answer["milestones"]], [43, 87, 133])

    def test_every_number_of_many_plans_is_the_guides(self):
        for clients in (1, 7, 25, 49, 125, 4000, 99_999):
            for rate in (0.003, 0.05, 0.15, 0.333, 1.1):
                with self.subTest(clients=clients, rate=rate):
                    answer = plan("--clients", str(clients), "--growth", str(rate), "--months", "12", "--month-step", "30-days",
                                  "--start", "2026-11-24")
                    self.assertEqual(rows_of(answer), guide(clients, rate, today=datetime.datetime(2026, 11, 24)))

    def test_every_month_of_the_calendar_comes_once(self):
        for start in ("2026-11-24", "2027-01-01", "2027-01-31", "2028-02-29", "2027-12-31", "2027-03-30"):
            year, month = int(start[:4]), int(start[5:7])
            expected = [f"{year + (month - 1 + n) // 12}-{(month - 1 + n) % 12 + 1:02d}" for n in range(1, 25)]
            answer = plan("--clients", "5", "--growth", "0.1", "--months", "24", "--start", start)
            self.assertEqual([m["date"] for m in answer["months"]], expected)

    def test_memory_and_pool_of_the_worked_examples(self):
        for connections, requests, megabytes in ((10, 25, 450), (20, 50, 600), (50, 100, 1000)):
            answer = plan("--clients", "25", "--connections", str(connections), "--requests", str(requests))
            self.assertEqual(answer["memory"]["formula"]["memory_mb"], megabytes)
            measured = answer["memory"]["measured"]
            self.assertAlmostEqual(measured["memory_mb"], measured["base_mb"] + connections * measured["connection_mb"]
                                   + requests * measured["request_mb"] + measured["overhead_mb"])
        pool = plan("--clients", "25", "--average-users", "30", "--peak-users", "60")["pool"]
        self.assertEqual((pool["min"], pool["max"]), (10, 99))

    def test_linear_and_logistic_growth_by_their_formulas(self):
        linear = plan("--clients", "40", "--growth", "0.1", "--growth-model", "linear", "--months", "6")
        self.assertEqual([m["clients"] for m in linear["months"]], [44, 48, 52, 56, 60, 64])
        logistic = plan("--clients", "25", "--growth", "0.15", "--growth-model", "logistic", "--ceiling", "80", "--months", "36")
        self.assertEqual([m["clients"] for m in logistic["months"]], [int(80 / (1 + (80 / 25 - 1) * 1.15 ** -t)) for t in range(1, 37)])

    def test_base_metrics_can_all_be_set(self):
        answer = plan("--clients", "90", "--safety-margin", "0.5", "--max-clients-per-instance", "20", "--instance-cores", "2.5",
                      "--instance-memory-gb", "3", "--instance-cost", "99.5", "--cpu-per-client", "3", "--memory-per-client", "7",
                      "--response-base", "10", "--response-factor", "0.2", "--cpu-tiers", "5:1,30:9,10")
        month, instance = answer["months"][0], answer["instance"]
        self.assertEqual((month["instances"], month["cpu_cores"], month["memory_gb"], month["monthly_cost_usd"]), (7, 17.5, 21, 696.5))
        each = 135 / 7
        self.assertAlmostEqual(instance["cpu_percent"], each * 3)
        self.assertAlmostEqual(instance["memory_mb"], each * 7)
        self.assertAlmostEqual(instance["response_ms"], 10 * (1 + 0.2 * each))
        self.assertEqual(instance["tier_cores"], 9)
        self.assertEqual({metric["from"] for metric in answer["base_metrics"].values()}, {"given"})

    def test_snowflake_by_the_stated_formula(self):
        answer = plan("--target", "10", "--queries-per-client-hour", "6", "--query-seconds", "3", "--auto-suspend", "120",
                      "--cache-hit-rate", "0.4", "--warehouse-size", "LARGE", "--warehouses-now", "2", "--active-hours", "8",
                      "--active-days", "20", "--credit-price", "4")["snowflake"]
        rate, window = 10 * 6 / 3600, 123
        pooled, cached = (160 * 8 * (1 - math.exp(-r * window)) for r in (rate, rate * 0.6))
        now = 2 * 160 * 8 * (1 - math.exp(-rate / 2 * window))
        self.assertAlmostEqual(answer["credits_saved_by_pooling"], now - pooled)
        self.assertAlmostEqual(answer["credits_saved_by_caching"], pooled - cached)
        self.assertAlmostEqual(answer["saved_usd_month"], (now - cached) * 4)
        self.assertEqual(answer["warehouse_statements"], 8)


class History(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def file(self, text, name="past.csv"):
        path = pathlib.Path(self.folder.name) / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    def test_a_fitted_line_and_its_interval(self):
        seen = [10, 13, 14, 18, 21, 22, 26, 27]
        path = self.file("date,clients\n" + "".join(f"2026-{n + 1:02d}-15,{value}\n" for n, value in enumerate(seen)))
        answer = plan("--history", path, "--growth-model", "linear", "--months", "5", "--interval", "0.95")
        count, t = len(seen), 2.446911851144969  # Student's t, 97.5 %, 6 degrees of freedom
        x_mean, y_mean = (count - 1) / 2, sum(seen) / count
        spread = sum((x - x_mean) ** 2 for x in range(count))
        slope = sum((x - x_mean) * (y - y_mean) for x, y in enumerate(seen)) / spread
        scatter = math.sqrt(sum((y - y_mean - slope * (x - x_mean)) ** 2 for x, y in enumerate(seen)) / (count - 2))
        for ahead, month in enumerate(answer["months"], 1):
            x = count - 1 + ahead
            value = y_mean + slope * (x - x_mean)
            width = t * scatter * math.sqrt(1 + 1 / count + (x - x_mean) ** 2 / spread)
            self.assertEqual((month["clients"], month["clients_low"], month["clients_high"]),
                             (int(value), int(value - width), math.ceil(value + width)))
        self.assertEqual(answer["months"][0]["date"], "2026-09")

    def test_bad_files_are_one_line_that_names_them(self):
        cases = {
            "date,clients\n2026-01,1\n2026-02,2\n2026-04,4\n": "month 2026-03 is missing",
            "when,who\n1,2\n": "it has no column date",
            "date,clients\n2026-01,1\n2026-02,\n2026-03,3\n": "line 3: clients is empty",
            "date,clients\n2026-01,1\n2026-02,-2\n2026-03,3\n": "line 3: clients is '-2'",
            "date,clients\n2026-02-30,1\n": "line 2: date is '2026-02-30'",
            "": "it is empty",
        }
        for text, message in cases.items():
            path = self.file(text)
            done = run("--history", path, "--json")
            self.assertEqual((done.returncode, done.stdout), (2, ""), text)
            self.assertIn(message, done.stderr)
            self.assertIn(path, done.stderr)
            self.assertEqual(done.stderr.count("\n"), 1, done.stderr)


class BadInput(unittest.TestCase):
    def refused(self, *arguments, code=2):
        done = run(*arguments)
        self.assertEqual((done.returncode, done.stdout), (code, ""), arguments)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        return done.stderr

    def test_a_value_out_of_range_names_option_and_range(self):
        for option, value, allowed in (("--clients", "0", "1 to 1000000000"), ("--clients", "-5", "1 to 1000000000"),
                                       ("--months", "0", "1 to 600"), ("--months", "10000", "1 to 600"), ("--growth", "nan", "-0.99 to 10"),
                                       ("--safety-margin", "-1", "0 to 10"), ("--instance-cost", "-150", "0 to 1000000"),
                                       ("--start", "2027-02-29", "YYYY-MM-DD")):
            others = [] if option == "--clients" else ["--clients", "25"]
            message = self.refused(*others, option, value)
            self.assertIn(f"{option} is {value}: allowed is ", message)
            self.assertIn(allowed, message)
        self.assertIn("--clients is missing", self.refused())

    def test_growth_that_overflows(self):
        self.assertIn("--growth 5 makes more than 1000000000 clients in month 10", self.refused("--clients", "25", "--growth", "5"))

    def test_a_benchmark_that_is_corrupt_partial_or_not_there(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "bench.json"
            self.assertIn(str(path), self.refused("--clients", "25", "--bench", str(path)))
            for text in ("", "{", "[]", '{"format":"other"}', '{"format":"snowflake-mcp-bench","version":1,"steps":"many"}',
                         '{"format":"snowflake-mcp-bench","version":1,"complete":false,"why_partial":"stopped","steps":[]}'):
                path.write_text(text, encoding="utf-8")
                self.assertIn(str(path), self.refused("--clients", "25", "--bench", str(path)))

    def test_a_full_disk_is_an_error_and_leaves_no_half_file(self):
        self.assertIn("cannot write /dev/full", self.refused("--clients", "25", "--output", "/dev/full", code=6))
        self.assertTrue(stat.S_ISCHR(os.stat("/dev/full").st_mode))
        with open("/dev/full", "w", encoding="ascii") as full:
            self.assertEqual(run("--clients", "25", stdout=full).returncode, 6)
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "plan.md"
            path.write_text("before", encoding="utf-8")
            # A file may not grow beyond 512 bytes: the disk is full in the midst of it.
            limited = subprocess.run(["bash", "-c", 'ulimit -f 1; trap "" XFSZ; exec "$0" "$@"', PROGRAM, "plan", "--clients", "25", "--output", str(path)],
                                     capture_output=True, text=True, check=False)
            self.assertEqual(limited.returncode, 6, limited.stderr)
            self.assertEqual(path.read_text(encoding="utf-8"), "before")
            self.assertEqual(os.listdir(folder), ["plan.md"])

    def test_two_forms_at_once(self):
        self.assertIn("exclude each other", self.refused("--clients", "25", "--json", "--html"))


class Outputs(unittest.TestCase):
    def test_check_accepts_the_emitted_configuration(self):
        with tempfile.TemporaryDirectory() as folder:
            env = {"PATH": os.environ["PATH"], "HOME": folder}
            for number, arguments in enumerate((["--clients", "25", "--growth", "0.15"], ["--clients", "1"],
                                                ["--clients", "900000000", "--max-clients-per-instance", "900000000"])):
                path = os.path.join(folder, f"{number}.env")
                self.assertEqual(run(*arguments, "--emit", "env", "--output", path).returncode, 0)
                done = subprocess.run([PROGRAM, "config", "--json", "--env-file", path], cwd=folder, env=env, capture_output=True, text=True, check=False)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual([line for line in done.stderr.splitlines() if "warn" in line], [])
                shown = json.loads(done.stdout)
                values = {setting["name"]: setting["value"] for setting in (shown["settings"] if isinstance(shown, dict) else shown)}
                for name, value in plan(*arguments)["configuration"].items():
                    self.assertEqual(str(values[name]).lower(), value, name)
            first = os.path.join(folder, "0.env")
            done = subprocess.run([PROGRAM, "check", "--env-file", first], cwd=folder, env=env, capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_the_name_of_the_output_tells_the_form(self):
        with tempfile.TemporaryDirectory() as folder:
            for ending, start in (("json", "{"), ("md", "# "), ("html", "<!DOCTYPE html>"), ("env", "# Recommended"), ("txt", "Snowflake MCP")):
                path = pathlib.Path(folder) / f"plan.{ending}"
                self.assertEqual(run("--clients", "25", "--output", str(path)).returncode, 0)
                self.assertTrue(path.read_text(encoding="utf-8").startswith(start), ending)

    def test_exit_codes_are_in_the_help(self):
        text = run("--help").stdout
        for line in ("Exit codes:", "6 the output", "--clients", "1 to 600"):
            self.assertIn(line, text)


class Script(unittest.TestCase):
    def call(self, *arguments, **more):
        return subprocess.run([sys.executable, str(SCRIPT), *arguments], capture_output=True, text=True, check=False,
                              env={**os.environ, "SNOWFLAKE_MCP": PROGRAM, **more})

    def test_prints_what_its_users_know(self):
        done = self.call("25", "0.15")
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = done.stdout.splitlines()
        self.assertEqual(lines[2:4], ["Current Clients: 25", "Monthly Growth Rate: 15.0%"])
        table = [f"{m:5d} | {date} | {clients:7.0f} | {instances:9d} | {cores:9d} | {memory:11d} | ${cost:10.0f}"
                 for m, date, clients, instances, cores, memory, cost in guide(25, 0.15)]
        self.assertEqual(lines[8:20], table)
        self.assertEqual(sum("Scale to" in line for line in lines), 3)
        self.assertIn("⚠️  Consider multi-AZ deployment for redundancy", lines)

    def test_advice_grows_with_the_fleet(self):
        self.assertIn("Single availability zone", self.call("5", "0").stdout)
        big = self.call("2000", "0.1").stdout
        for words in ("multi-region", "reserved instances", "High cost"):
            self.assertIn(words, big)

    def test_wrong_use(self):
        self.assertEqual(self.call("25").returncode, 1)
        bad = self.call("0", "0.15")
        self.assertEqual((bad.returncode, bad.stdout), (2, ""))
        self.assertIn("--clients is 0", bad.stderr)
        lost = self.call("25", "0.15", SNOWFLAKE_MCP="/no/such/program")
        self.assertEqual(lost.returncode, 127)
        self.assertIn("/no/such/program", lost.stderr)


if __name__ == "__main__":
    unittest.main()
