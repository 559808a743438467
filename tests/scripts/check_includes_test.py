"""scripts/check_includes refuses what the table does not allow, and nothing else."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "check_includes"
TABLE = (ROOT / "src" / "README.md").read_text(encoding="utf-8")


class CheckIncludes(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.root = pathlib.Path(self.folder.name) / "src"
        self.root.mkdir()
        (self.root / "README.md").write_text(TABLE, encoding="utf-8")

    def run_on(self, path, *lines):
        for leftover in self.root.rglob("*.?pp"):
            leftover.unlink()
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return subprocess.run([sys.executable, SCRIPT, self.root], capture_output=True, text=True, check=False)

    def allows(self, path, *lines):
        result = self.run_on(path, *lines)
        self.assertEqual((result.returncode, result.stdout), (0, ""), result.stderr)

    def refuses(self, path, line, because):
        result = self.run_on(path, "#pragma once", line)
        self.assertEqual(result.returncode, 1, result.stdout + result.stderr)
        self.assertIn(f"src/{path}:2: ", result.stdout)
        self.assertIn(because, result.stdout)

    def test_lets_a_folder_include_itself_and_the_floors_its_row_names(self):
        self.allows("query/cache.hpp", '#include "query/key.hpp"', '#include "sql/lexer.hpp"', "#include <vector>")
        self.allows("app/main.cpp", '#include "tools/catalog.hpp"', '#include "backend/duckdb/backend.hpp"')
        self.allows("backend/duckdb/library.cpp", "#include <duckdb.h>", '#include "backend/session.hpp"')

    def test_refuses_a_floor_that_the_row_does_not_name(self):
        self.refuses("query/cache.hpp", '#include "mcp/registry.hpp"', "`query` may not include `mcp`")
        self.refuses("base/error.hpp", '#include "async/call.hpp"', "`base` may not include `async`")

    def test_refuses_a_neighbour_in_the_same_row(self):
        self.refuses("net/server/codec.cpp", '#include "net/client/http.hpp"', "may not include `net/client`")

    def test_a_folder_with_rows_of_its_own_below_does_not_see_them(self):
        self.refuses("backend/pool.cpp", '#include "backend/duckdb/library.hpp"', "may not include `backend/duckdb`")

    def test_a_single_header_may_be_named_in_the_table(self):
        self.allows("tools/snowflake/tasks.cpp", '#include "backend/snowflake/services.hpp"')
        self.refuses("tools/snowflake/tasks.cpp", '#include "backend/snowflake/login.hpp"', "may not include")

    def test_angle_brackets_are_no_way_round(self):
        self.refuses("sql/lexer.cpp", "#include <query/cache.hpp>", "`sql` may not include `query`")

    def test_refuses_paths_that_do_not_start_at_src(self):
        self.refuses("query/cache.cpp", '#include "cache.hpp"', "is not named from src/")
        self.refuses("query/cache.cpp", '#include "../mcp/registry.hpp"', "is not named from src/")

    def test_keeps_heavy_headers_out_of_headers(self):
        self.refuses("net/server/codec.hpp", "#include <boost/beast/http.hpp>", "belongs into .cpp files only")
        self.refuses("base/sealed_token.hpp", "#include <openssl/evp.h>", "belongs into .cpp files only")
        self.allows("net/server/codec.cpp", "#include <boost/beast/http/parser.hpp>")

    def test_keeps_duckdb_in_its_room(self):
        self.refuses("query/render.cpp", "#include <duckdb.h>", "belongs into backend/duckdb only")
        self.allows("backend/duckdb/library.hpp", "#include <duckdb.h>")
        (self.root / "app").mkdir()
        (self.root / "app/main.cpp").write_text('#include "backend/duckdb/handles.hpp"\n', encoding="utf-8")
        (self.root / "backend/duckdb/handles.hpp").write_text('#include "backend/duckdb/library.hpp"\n', encoding="utf-8")
        result = subprocess.run([sys.executable, SCRIPT, self.root], capture_output=True, text=True, check=False)
        self.assertEqual(result.returncode, 1)
        self.assertIn("app/main.cpp:1: backend/duckdb/handles.hpp brings <duckdb.h> out of backend/duckdb", result.stdout)

    def test_refuses_the_whole_of_asio_everywhere(self):
        self.refuses("app/main.cpp", "#include <boost/asio.hpp>", "brings everything")

    def test_keeps_asio_out_of_the_pure_floors_and_sockets_out_of_mcp(self):
        self.refuses("sql/lexer.cpp", "#include <boost/asio/awaitable.hpp>", "is without Asio")
        self.refuses("mcp/session.cpp", "#include <boost/asio/ip/tcp.hpp>", "knows no sockets")

    def test_refuses_a_folder_without_a_row(self):
        self.refuses("util/strings.hpp", "#include <string>", "has no row in the table")

    def test_a_table_it_cannot_read_is_an_error_of_its_own(self):
        (self.root / "README.md").write_text("no table here\n", encoding="utf-8")
        result = subprocess.run([sys.executable, SCRIPT, self.root], capture_output=True, text=True, check=False)
        self.assertEqual(result.returncode, 2)
        self.assertIn("no table", result.stderr)

    def test_the_real_tree_keeps_to_it(self):
        result = subprocess.run([sys.executable, SCRIPT], capture_output=True, text=True, check=False)
        self.assertEqual((result.returncode, result.stdout), (0, ""), result.stderr)


if __name__ == "__main__":
    unittest.main()
