"""Rows of ten mixed columns, any number of them, made on demand: the same row number gives the same row in every format."""

from . import arrow


def kind(name, of, precision=None, scale=None, length=None):
    return {"name": name, "type": of, "length": length, "byteLength": length, "precision": precision, "scale": scale, "nullable": True,
            "database": "BENCH", "schema": "PUBLIC", "table": "MIXED_ROWS", "collation": None}


ROWTYPE = [
    kind("ID", "fixed", 38, 0), kind("AMOUNT", "fixed", 12, 2), kind("RATIO", "real"), kind("NAME", "text", length=64),
    kind("FLAG", "boolean"), kind("DAY", "date"), kind("CLOCK", "time", 0, 3), kind("CREATED", "timestamp_ntz", 0, 9),
    kind("CHANGED", "timestamp_tz", 0, 3), kind("NOTE", "variant"),
]
NAMES = ["alpha", "beta, with a comma", 'gamma "quoted"', "delta", "épsilon", "ζήτα", "eta", "theta"]


def row(n):
    instant = 1_600_000_000 + n * 37
    return [
        str(n), f"{n * 7 // 100}.{n * 7 % 100:02d}", repr(n / 8), None if n % 17 == 0 else f"{NAMES[n % 8]} {n}", str(n % 2),
        str(n % 20000), f"{n % 86400}.{n % 1000:03d}", f"{instant}.{n % 1_000_000_000:09d}",
        f"{instant}.{n % 1000:03d} {1440 + (n % 25 - 12) * 60}", f'{{"n":{n},"half":{n / 2}}}',
    ]


class Source:
    """Keeps what it made last: the chunks of one result are asked for again and again in a benchmark."""

    def cells(self, begin, end):
        return [row(n) for n in range(begin, end)]

    def stream(self, begin, end):
        return arrow.stream(ROWTYPE, self.cells(begin, end))
