#!/usr/bin/env python3
"""Writes docs/embedded-sql.md (to standard output) from the statements of tests/data/embedded-sql/*.test.

The same files are run against the engine by backend_duckdb_test, so what the document shows is what it answers. Their form is
described in tests/backend/duckdb/dialect_file.hpp. Standard library only.
"""

import pathlib

ROOT = pathlib.Path(__file__).resolve().parent.parent
INTRODUCTION = """# The SQL of the embedded database

Generated from `tests/data/embedded-sql/` by `scripts/generate_docs`; do not edit. Each statement is run by the tests, and each
answer is the one that the named page of Snowflake's documentation gives (or follows from its rule).

With no Snowflake account configured the server runs on an embedded DuckDB that speaks Snowflake's SQL. Three rules hold: what a
person trying the server would type works; what is not translated answers an error that says so; nothing answers silently
differently from Snowflake. A name of a function, type or clause that the translation does not know is therefore refused.

SHOW, DESCRIBE, GET_DDL and INFORMATION_SCHEMA answer with Snowflake's columns. The database is read-only.
"""


def read(path):
    """(title, introduction, [(page, statement, kind, answer lines)])"""
    title, introduction, cases, page = path.stem, [], [], ""
    statement, answer = [], []

    def close():
        if statement:
            cases.append((page, "\n".join(statement), list(answer)))
            statement.clear()
            answer.clear()

    for line in path.read_text(encoding="utf-8").splitlines() + [""]:
        if line.startswith("# ") and not cases and not page:
            title = line[2:]
        elif line.startswith("page "):
            close()
            page = line[5:].strip()
        elif line.startswith(">"):
            statement.append(line[1:].removeprefix(" "))
        elif not line.strip():
            close()
        elif statement:
            answer.append(line)
        elif not page:
            introduction.append(line)
    return title, "\n".join(introduction), cases


def cell(text):
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")


def code(text):
    """A code span in a table's cell."""
    flat = " ".join(part.strip() for part in text.splitlines())
    ticks = "``" if "`" in flat else "`"
    return f"{ticks}{flat.replace('|', chr(92) + '|')}{ticks}"


def answer_cell(lines):
    shown = []
    for line in lines:
        if line.startswith("error: "):
            shown.append(f"refused: {cell(line[7:])}")
        elif line.startswith("names: "):
            shown.append(f"*columns {cell(line[7:])}*")
        elif not line.startswith("types: "):
            shown.append(cell(line))
    return "<br>".join(shown)


def main():
    print(INTRODUCTION)
    files = sorted((ROOT / "tests" / "data" / "embedded-sql").glob("*.test"), key=lambda path: (path.stem == "refused", path))
    total = 0
    for path in files:
        title, introduction, cases = read(path)
        total += len(cases)
        print(f"\n## {title}\n")
        if introduction:
            print(introduction + "\n")
        print("| page | statement | answer |\n|---|---|---|")
        last = None
        for page, statement, answer in cases:
            print(f"| {'' if page == last else cell(page)} | {code(statement)} | {answer_cell(answer)} |")
            last = page
    print(f"\n{total} statements in {len(files)} topics.")


if __name__ == "__main__":
    main()
