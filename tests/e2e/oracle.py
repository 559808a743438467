"""The same questions, asked of the same files by another tool: DuckDB's own Python module, without our server.

Each question has the SQL for our server (Snowflake's) and the SQL for the files. TABLE(name) in ours is the sample table's
full name; FILE(name) in theirs is the file in the vega-datasets package.
"""

import datetime
import decimal
import functools
import re

import duckdb

from support.servers import ROOT

FILES = ROOT / "third_party" / ".downloads" / "vega-datasets" / "data"

QUESTIONS = {
    "how many flights": (
        "SELECT COUNT(*) AS n FROM TABLE(flights-3m)",
        "SELECT count(*) FROM FILE(flights-3m.parquet)",
    ),
    "the five busiest airports and their mean delay": (
        "SELECT origin, COUNT(*) AS n, ROUND(AVG(delay), 3) AS mean_delay FROM TABLE(flights-3m) "
        "GROUP BY origin ORDER BY n DESC, origin LIMIT 5",
        "SELECT origin, count(*) AS n, round(avg(delay), 3) FROM FILE(flights-3m.parquet) "
        "GROUP BY origin ORDER BY n DESC, origin LIMIT 5",
    ),
    "flights a month": (
        "SELECT TO_CHAR(DATE_TRUNC('month', date), 'YYYY-MM') AS month, COUNT(*) AS n FROM TABLE(flights-3m) "
        "GROUP BY 1 ORDER BY 1",
        "SELECT strftime(date, '%Y-%m') AS month, count(*) FROM FILE(flights-3m.parquet) GROUP BY 1 ORDER BY 1",
    ),
    "rainy days a year in Seattle": (
        "SELECT YEAR(date) AS y, COUNT_IF(weather = 'rain') AS rainy, MAX(temp_max) AS hottest FROM TABLE(seattle-weather) "
        "GROUP BY ALL ORDER BY y",
        "SELECT year(date) AS y, count(*) FILTER (weather = 'rain'), max(temp_max) FROM FILE(seattle-weather.csv) "
        "GROUP BY y ORDER BY y",
    ),
    "dates stay dates": (
        "SELECT MIN(date) AS first_day, MAX(date) AS last_day, DATEDIFF('day', MIN(date), MAX(date)) AS days "
        "FROM TABLE(seattle-weather)",
        "SELECT min(date), max(date), date_diff('day', min(date), max(date)) FROM FILE(seattle-weather.csv)",
    ),
    "the heaviest penguin of each species": (
        "SELECT species, body_mass_g FROM TABLE(penguins) QUALIFY ROW_NUMBER() OVER "
        "(PARTITION BY species ORDER BY body_mass_g DESC NULLS LAST, island) = 1 ORDER BY species",
        'SELECT Species, max("Body Mass (g)") FROM FILE(penguins.json) GROUP BY Species ORDER BY Species',
    ),
    "NULL comes last ascending": (
        "SELECT DISTINCT sex FROM (SELECT NULLIF(weather, 'fog') AS sex FROM TABLE(seattle-weather)) ORDER BY sex",
        "SELECT DISTINCT nullif(weather, 'fog') AS sex FROM FILE(seattle-weather.csv) ORDER BY sex ASC NULLS LAST",
    ),
    "a join of two sources": (
        "SELECT a.state, COUNT(*) AS n, COUNT(DISTINCT f.origin) AS airports FROM TABLE(flights-3m) f "
        "JOIN TABLE(airports) a ON a.iata = f.origin GROUP BY a.state ORDER BY n DESC, a.state LIMIT 10",
        "SELECT a.state, count(*) AS n, count(DISTINCT f.origin) FROM FILE(flights-3m.parquet) f "
        "JOIN FILE(airports.csv) a ON a.iata = f.origin GROUP BY a.state ORDER BY n DESC, a.state LIMIT 10",
    ),
}


def plain(cell):
    """A cell as JSON would hold it, so that both sides can be compared: numbers as numbers, times as ISO text."""
    if isinstance(cell, bool) or cell is None:
        return cell
    if isinstance(cell, (int, float, decimal.Decimal)):
        return float(cell)
    if isinstance(cell, (datetime.date, datetime.datetime)):
        return cell.isoformat()
    if isinstance(cell, str) and re.fullmatch(r"-?\d{16,38}(\.\d+)?", cell):
        return float(cell)  # digits that JSON numbers cannot hold travel as text
    return cell


@functools.cache
def expected(name):
    sql = re.sub(r"FILE\(([^)]+)\)", lambda match: f"'{FILES / match.group(1)}'", QUESTIONS[name][1])
    return [[plain(cell) for cell in row] for row in duckdb.sql(sql).fetchall()]


def statement(name, tables):
    return re.sub(r"TABLE\(([^)]+)\)", lambda match: tables[match.group(1)], QUESTIONS[name][0])


def same(rows, wanted):
    """Equal row by row; numbers to nine digits."""
    def close(a, b):
        if isinstance(a, float) and isinstance(b, float):
            return abs(a - b) <= 1e-9 * max(1.0, abs(a), abs(b))
        return a == b

    got = [[plain(cell) for cell in row] for row in rows]
    return len(got) == len(wanted) and all(
        len(a) == len(b) and all(map(close, a, b)) for a, b in zip(got, wanted)
    )
