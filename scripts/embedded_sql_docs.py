#!/usr/bin/env python3
"""Prints docs/embedded-sql.md: what the embedded backend speaks, from its test corpus and its table of functions.

    python3 scripts/embedded_sql_docs.py > docs/embedded-sql.md     (scripts/generate_docs does it, and checks it)

The corpus (tests/data/embedded-sql/*.test) is described in tests/backend/duckdb/dialect_file.hpp; every statement in it
is run against the engine by the unit tests, so what is printed here is what the program answers.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CORPUS = ROOT / "tests/data/embedded-sql"
FUNCTIONS = ROOT / "src/backend/duckdb/dialect"
ORDER = ["query", "conditional", "text", "regexp", "numeric", "date", "conversion", "aggregate", "semi-structured"]
GROUPS = [
    ("Conditional", "conditional"), ("Text", "text"), ("Regular expressions", "regexp"), ("Numbers", "numeric"),
    ("Dates and times", "date"), ("Conversion", "conversion"), ("Aggregates", "aggregate"), ("Windows", "window"),
    ("VARIANT and OBJECT", "variant"), ("ARRAY", "array"), ("Context and sequences", "context"),
]
INTRO = """# SQL of the embedded backend

Without a Snowflake account the server answers from an embedded DuckDB that speaks Snowflake's SQL. Three rules:

- what a person trying the server would type works;
- what is not translated is an error that says so;
- nothing answers silently differently from Snowflake.

So every name, operator, cast and function goes through a table (`src/backend/duckdb/dialect/`): an expression has a
Snowflake type, and only what is known for that type is written for DuckDB. This page is generated from
`tests/data/embedded-sql/*.test`, {cases} statements, each with the page of Snowflake's documentation that says what it
answers, which the unit tests run against the engine, and from the table of functions. `SHOW`, `DESCRIBE`, `EXPLAIN`, `INFORMATION_SCHEMA` and
`->>` chains are answered beside it.
"""
DIFFERENCES = """## Known limits, each an error

- Timestamps keep microseconds: a digit below that is refused. `TIMESTAMP_TZ` (and what answers one, such as
  `CONVERT_TIMEZONE` with two arguments) is refused; `TIMESTAMP_LTZ` becomes text only where the time zone is UTC.
- Text is not turned into a number by itself, and arithmetic on a VARIANT needs a cast (`v:a::NUMBER(10, 2)`), because the
  scale would be a guess. String constants are converted (`'5' + 3`), and comparisons convert as Snowflake does.
- Regular expressions are constants, in POSIX extended syntax with Perl's classes; lazy quantifiers are refused, as in
  Snowflake.
- `||` mixed with `+` or `-` needs parentheses.
- A NULL element of an ARRAY (`undefined`) is refused; object keys are sorted; numbers in a VARIANT lose trailing zeros.
- `LIMIT`, window frames and percentiles take constants; RANGE frames with a distance are refused.
- Time travel, stages, `MATCH_RECOGNIZE`, `CONNECT BY`, dynamic PIVOT, lambdas, collations, session variables,
  user-defined functions and geospatial types are refused by name.
- The session has `TIMEZONE = UTC` (`EMBEDDED_TIME_ZONE`), `WEEK_START = 0`, and default input and output formats.
- `APPROX_COUNT_DISTINCT`, `HLL` and `APPROX_PERCENTILE` are exact here.
"""


def read(path):
    """Title and cases of a file."""
    title, page, cases, current = "", "", [], None
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line:
            current = None
        elif line.startswith("# ") and not title:
            title = line[2:]
        elif line.startswith("page ") and current is None:
            page = line[5:]
        elif line.startswith("> ") and (current is None or not (current["rows"] or current["error"])):
            if current is None:
                current = {"page": page, "statement": [], "rows": [], "error": "", "names": ""}
                cases.append(current)
            current["statement"].append(line[2:])
        elif current is not None:
            key, _, rest = line.partition(": ")
            if key in ("names", "types", "error"):
                current[key] = rest
            else:
                current["rows"].append(line)
    return title, cases


def functions(group):
    text = (FUNCTIONS / f"functions_{group}.cpp").read_text(encoding="utf-8")
    return sorted(set(re.findall(r'^    \{"([A-Z0-9_$]+)", ', text, re.M)))


def link(page):
    return f"[{page.rsplit('/', 1)[-1]}](https://docs.snowflake.com/en/{page})"


def show(case):
    lines = ["```sql", *case["statement"], "```", ""]
    if case["error"]:
        return lines + [f"Refused: *… {case['error']} …*", ""]
    rows = case["rows"][:6] + (["…"] if len(case["rows"]) > 6 else [])
    head = [case["names"]] if case["names"] else []
    return lines + ["```text", *head, *rows, "```", ""]


def main():
    files = {path.stem: read(path) for path in sorted(CORPUS.glob("*.test"))}
    total = sum(len(cases) for _, cases in files.values())
    out = [INTRO.format(cases=total), "## Functions", ""]
    for title, group in GROUPS:
        out += [f"**{title}:** " + ", ".join(f"`{name}`" for name in functions(group)) + ".", ""]
    out += ["**Table functions:** `FLATTEN`, `GENERATOR`, `SPLIT_TO_TABLE`, `STRTOK_SPLIT_TO_TABLE`.", ""]
    out += ["## Examples", "", "The first documented statement of each page; the corpus has the rest.", ""]
    for stem in ORDER:
        title, cases = files[stem]
        out += [f"### {title}", ""]
        seen = set()
        for case in cases:
            if case["page"] in seen or case["error"]:
                continue
            seen.add(case["page"])
            out += [f"{link(case['page'])}:", "", *show(case)]
    out += ["## What is refused", ""]
    for stem, (_, cases) in files.items():
        for case in cases:
            if case["error"]:
                out += show(case)
    out.append(DIFFERENCES.rstrip())
    sys.stdout.write("\n".join(out) + "\n")


if __name__ == "__main__":
    main()
