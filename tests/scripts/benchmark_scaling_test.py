"""scripts/benchmark_scaling.sh asks `snowflake-mcp bench` for what its users expect of it."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "benchmark_scaling.sh"
# Writes down what it was asked, leaves the files, ends as told.
PROGRAM = """#!/bin/sh
for word in "$@"; do echo "$word" >>"$ASKED"; done
while [ $# -gt 0 ]; do case $1 in --csv | --json) echo result >"$2" ;; esac; shift; done
exit "${ENDS:-0}"
"""


class BenchmarkScaling(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.program = self.folder / "program"
        self.program.write_text(PROGRAM, encoding="ascii")
        self.program.chmod(0o755)
        self.results = self.folder / "results.csv"

    def call(self, *arguments, **env):
        names = ("TARGET", "CONCURRENT_CLIENTS", "TEST_DURATION", "RESULTS_FILE", "SNOWFLAKE_MCP")
        kept = {name: value for name, value in os.environ.items() if name not in names}
        settings = {"SNOWFLAKE_MCP": str(self.program), "RESULTS_FILE": str(self.results), "ASKED": str(self.folder / "asked"), **env}
        done = subprocess.run([str(SCRIPT), *arguments], capture_output=True, text=True, check=False,
                              env=kept | {name: value for name, value in settings.items() if value is not None})
        asked = self.folder / "asked"
        return done, asked.read_text(encoding="utf-8").splitlines() if asked.exists() else []

    def test_the_ladder_and_the_duration_of_the_guide(self):
        done, asked = self.call()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(asked, ["bench", "http://localhost:8000/mcp", "--clients", "1,5,10,25,50,100", "--duration", "300s",
                                 "--csv", str(self.results), "--json", str(self.folder / "results.json")])
        self.assertIn(str(self.results), done.stderr)

    def test_each_can_be_set_and_more_options_go_through(self):
        done, asked = self.call("--header", "Authorization: Bearer x y", TARGET="http://[::1]:1/", CONCURRENT_CLIENTS="2, 4", TEST_DURATION="7")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(asked[1:6], ["http://[::1]:1/", "--clients", "2,4", "--duration", "7s"])
        self.assertEqual(asked[-2:], ["--header", "Authorization: Bearer x y"])

    def test_the_results_have_the_name_that_users_look_for(self):
        _, asked = self.call(RESULTS_FILE=None)
        name = asked[asked.index("--csv") + 1]
        self.addCleanup(lambda: [pathlib.Path(name).with_suffix(ending).unlink(missing_ok=True) for ending in (".csv", ".json")])
        self.assertRegex(name, re.compile(r"^/tmp/scaling_benchmark_\d{8}_\d{6}\.csv$"))

    def test_ends_as_the_program_ends(self):
        self.assertEqual(self.call(ENDS="7")[0].returncode, 7)

    def test_says_when_there_is_no_program(self):
        tools = self.folder / "bin"
        tools.mkdir()
        for tool in ("bash", "dirname", "date", "env"):
            (tools / tool).symlink_to(shutil.which(tool))
        script = self.folder / "clone" / "scripts" / SCRIPT.name
        script.parent.mkdir(parents=True)
        shutil.copy(SCRIPT, script)
        done = subprocess.run([str(script)], capture_output=True, text=True, check=False, env={"PATH": str(tools)})
        self.assertEqual(done.returncode, 127)
        self.assertIn("SNOWFLAKE_MCP", done.stderr)


if __name__ == "__main__":
    unittest.main()
