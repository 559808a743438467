"""scripts/run_tests.py counts what runners report, and nothing that goes wrong is lost."""

import contextlib
import io
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
import run_tests  # noqa: E402

XML = """<testsuites><testsuite name="A">
<testcase name="good" status="run" result="completed" classname="A"/>
{more}
</testsuite></testsuites>"""
FAILURE = '<testcase name="bad" status="run" result="completed" classname="A"><failure message="1 is not 2"/></testcase>'
SKIPPED = '<testcase name="off" status="run" result="skipped" classname="A"><skipped message="no Redis here"/></testcase>'


class RunTests(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.results, run_tests.RESULTS = run_tests.RESULTS, self.folder
        self.addCleanup(lambda: setattr(run_tests, "RESULTS", self.results))

    def program(self, body):
        file = self.folder / "fake_test"
        file.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
        file.chmod(0o755)
        return file

    def gtest(self, xml, code):
        """A stand-in for a gtest binary: writes this result where it is told to, and exits so."""
        body = f"cat > \"${{1#--gtest_output=xml:}}\" <<'END'\n{xml}\nEND\nexit {code}" if xml else f"echo crashed >&2; exit {code}"
        report, out = run_tests.Report(), io.StringIO()
        with contextlib.redirect_stdout(out):
            run_tests.run_gtest(report, self.program(body), "unit", {})
        return (report.passed, report.failed, report.skipped), out.getvalue()

    def test_counts_each_case(self):
        counts, out = self.gtest(XML.format(more=FAILURE + SKIPPED), 1)
        self.assertEqual(counts, (1, 1, 1))
        self.assertIn("A.bad", out)
        self.assertIn("1 is not 2", out)
        self.assertIn("no Redis here", out)

    def test_a_crash_is_a_failure(self):
        counts, out = self.gtest("", 139)
        self.assertEqual(counts, (0, 1, 0))
        self.assertIn("crashed", out)

    def test_a_sanitizer_that_complains_after_all_cases_passed_is_a_failure(self):
        counts, _ = self.gtest(XML.format(more=""), 66)
        self.assertEqual(counts, (1, 1, 0))

    def test_a_binary_without_a_case_is_a_failure(self):
        counts, _ = self.gtest("<testsuites></testsuites>", 0)
        self.assertEqual(counts, (0, 1, 0))

    def script(self, body):
        report = run_tests.Report()
        with contextlib.redirect_stdout(io.StringIO()):
            run_tests.run_reporting(report, "e2e", [self.program(body)])
        return report.passed, report.failed, report.skipped

    def test_counts_the_checks_of_a_script(self):
        lines = 'echo \'{"name": "a", "result": "passed"}\'; echo noise; echo \'{"name": "b", "result": "failed", "why": "x"}\'; '
        self.assertEqual(self.script(lines + 'echo \'{"name": "c", "result": "skipped"}\''), (1, 1, 1))

    def test_a_script_that_dies_or_checks_nothing_is_a_failure(self):
        self.assertEqual(self.script('echo \'{"name": "a", "result": "passed"}\'; exit 3'), (1, 1, 0))
        self.assertEqual(self.script("exit 0"), (0, 1, 0))

    def test_names_of_targets_lead_to_folders(self):
        self.assertEqual([run_tests.folder_of(n) for n in ("base", "net_server", "backend_duckdb")], ["base", "net/server", "backend/duckdb"])


if __name__ == "__main__":
    unittest.main()
