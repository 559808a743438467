"""Rows of ten mixed columns, any number of them, made on demand: the same row number gives the same row in every format.

Many rows are for benchmarks, so Arrow is computed by columns, not from the JSON cells; a test holds both against each other.
"""

NAMES = ["alpha", "beta, with a comma", 'gamma "quoted"', "delta", "épsilon", "ζήτα", "eta", "theta"]
FIRST_INSTANT = 1_600_000_000


def kind(name, of, precision=None, scale=None, length=None):
    return {"name": name, "type": of, "length": length, "byteLength": length, "precision": precision, "scale": scale, "nullable": True,
            "database": "BENCH", "schema": "PUBLIC", "table": "MIXED_ROWS", "collation": None}


ROWTYPE = [
    kind("ID", "fixed", 38, 0), kind("AMOUNT", "fixed", 12, 2), kind("RATIO", "real"), kind("NAME", "text", length=64),
    kind("FLAG", "boolean"), kind("DAY", "date"), kind("CLOCK", "time", 0, 3), kind("CREATED", "timestamp_ntz", 0, 9),
    kind("CHANGED", "timestamp_tz", 0, 3), kind("NOTE", "variant"),
]


def row(n):
    instant = FIRST_INSTANT + n * 37
    return [
        str(n), f"{n * 7 // 100}.{n * 7 % 100:02d}", repr(n / 8), None if n % 17 == 0 else f"{NAMES[n % 8]} {n}", str(n % 2),
        str(n % 20000), f"{n % 86400}.{n % 1000:03d}", f"{instant}.{n:09d}",
        f"{instant}.{n % 1000:03d} {1440 + (n % 25 - 12) * 60}", f'{{"n":{n},"half":{n / 2}}}',
    ]


class Source:
    def cells(self, begin, end):
        return [row(n) for n in range(begin, end)]

    def arrays(self, pyarrow, begin, end):
        """The same rows as Arrow columns."""
        numbers = range(begin, end)
        instants = [FIRST_INSTANT + n * 37 for n in numbers]
        epochs = pyarrow.array(instants, pyarrow.int64())
        tz_epochs = pyarrow.array([instant * 1000 + n % 1000 for instant, n in zip(instants, numbers)], pyarrow.int64())
        zones = pyarrow.array([1440 + (n % 25 - 12) * 60 for n in numbers], pyarrow.int32())
        return [
            pyarrow.array(numbers, pyarrow.int32()), pyarrow.array([n * 7 for n in numbers], pyarrow.int64()),
            pyarrow.array([n / 8 for n in numbers]),
            pyarrow.array([None if n % 17 == 0 else f"{NAMES[n % 8]} {n}" for n in numbers], pyarrow.string()),
            pyarrow.array([bool(n % 2) for n in numbers]),
            pyarrow.array([n % 20000 for n in numbers], pyarrow.int32()).cast(pyarrow.date32()),
            pyarrow.array([n % 86400 * 1000 + n % 1000 for n in numbers], pyarrow.int32()),
            pyarrow.StructArray.from_arrays([epochs, pyarrow.array(numbers, pyarrow.int32())], ["epoch", "fraction"]),
            pyarrow.StructArray.from_arrays([tz_epochs, zones], ["epoch", "timezone"]),
            pyarrow.array([f'{{"n":{n},"half":{n / 2}}}' for n in numbers], pyarrow.string()),
        ]
