"""The values that tests/faults/scripted_snowflake/tables/types.json means, and whether a client's text says the same.

A cell of the wire becomes a value of its type: Decimal, float, bool, text, or an instant in whole nanoseconds. A client's text is read into
the same, so `1E-37` equals `0.00…1`, `2023-11-14T14:13:20-08:00` equals `2023-11-14T22:13:20Z` as an instant, and 12:00:00 equals 12:00:00.000.
"""

import decimal
import json
import math
import pathlib
import re

decimal.getcontext().prec = 80
TABLES = pathlib.Path(__file__).resolve().parent.parent / "faults" / "scripted_snowflake" / "tables" / "types.json"
BILLION = 1_000_000_000


def tables():
    """{statement: (rowtype, rows of cells)} of every `SELECT * FROM TYPES.…`."""
    return {one["sql"]: (one["rowtype"], one["rows"]) for one in json.loads(TABLES.read_text(encoding="utf-8"))
            if one["sql"].startswith("SELECT * FROM TYPES.")}


# --- what the wire's cell means

def meant(kind, cell):
    """The value of a cell of the wire: (value, offset minutes or None)."""
    if cell is None:
        return None, None
    name = kind["type"]
    if name == "date":
        return int(cell), None
    if name in ("time", "timestamp_ntz", "timestamp_ltz"):
        return nanoseconds(cell), None
    if name == "timestamp_tz":
        instant, zone = cell.split(" ")
        return nanoseconds(instant), int(zone) - 1440
    if name == "boolean":
        return cell in ("1", "true"), None
    if name == "binary":
        return cell.upper(), None
    return read(kind, cell)


def nanoseconds(seconds):
    return int(decimal.Decimal(seconds).scaleb(9).to_integral_exact())


# --- what a client's text means

def read(kind, text):
    """The value of a client's text of this type: (value, offset minutes or None). ValueError when it is no such text."""
    if text is None:
        return None, None
    name = kind["type"]
    reader = {"fixed": number, "decfloat": number, "real": real, "boolean": truth, "date": days, "time": clock, "timestamp_ntz": civil,
              "timestamp_ltz": civil, "timestamp_tz": civil, "binary": str.upper, "variant": document, "object": document,
              "array": document, "map": document, "vector": document, "interval_day_time": span,
              "interval_year_month": months}.get(name, str)
    value = reader(text)
    return value if isinstance(value, tuple) else (value, None)


def number(text):
    try:
        return decimal.Decimal(text)
    except decimal.InvalidOperation:
        raise ValueError(f"no number: {text!r}") from None


def real(text):
    value = float(text.replace("Infinity", "inf"))
    return "NaN" if math.isnan(value) else value or str(value)  # 0.0 and -0.0 differ


def truth(text):
    return {"true": True, "1": True, "false": False, "0": False}[text.lower()]


def months(text):
    """`14`, `+1-02` or ISO 8601's `P1Y2M`."""
    if text.startswith("P"):
        parts = dict((unit, int(count)) for count, unit in re.findall(r"(-?\d+)([YMD])", text))
        return parts.get("Y", 0) * 12 + parts.get("M", 0)
    match = re.fullmatch(r"([+-]?)(\d+)-(\d\d?)", text)
    if not match:
        return int(text)
    return (int(match.group(2)) * 12 + int(match.group(3))) * (-1 if match.group(1) == "-" else 1)


def span(text):
    """Nanoseconds, SQL's `+1 02:03:04.5` or ISO 8601's `PT26H3M4S`."""
    plain = re.fullmatch(r"([+-])(\d+) (\d\d:\d\d:\d\d(?:\.\d{1,9})?)", text)
    if plain:
        return (int(plain.group(2)) * 86400 * BILLION + clock(plain.group(3))) * (-1 if plain.group(1) == "-" else 1)
    if not text.startswith("PT"):
        return number(text)
    seconds = sum(decimal.Decimal(count) * {"H": 3600, "M": 60, "S": 1}[unit] for count, unit in re.findall(r"(-?[\d.]+)([HMS])", text))
    return seconds * BILLION


def days(text):
    """Days since 1970-01-01, proleptic Gregorian."""
    match = re.fullmatch(r"(\d{4,5})-(\d\d)-(\d\d)", text)
    if not match:
        raise ValueError(f"no date: {text!r}")
    year, month, day = map(int, match.groups())
    year -= month <= 2
    era, of_era = divmod(year, 400)
    of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468


def clock(text):
    match = re.fullmatch(r"(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?", text)
    if not match:
        raise ValueError(f"no time: {text!r}")
    hours, minutes, seconds = (int(part) for part in match.group(1, 2, 3))
    return (hours * 3600 + minutes * 60 + seconds) * BILLION + int((match.group(4) or "0").ljust(9, "0"))


def civil(text):
    """An instant: the civil time less its offset, if it names one; and the offset if it is not `Z`."""
    match = re.fullmatch(r"(\d{4,5}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d(?:\.\d{1,9})?) ?(Z|[+-]\d\d:?\d\d)?", text)
    if not match:
        raise ValueError(f"no timestamp: {text!r}")
    offset = None
    if match.group(3) and match.group(3) != "Z":
        sign = -1 if match.group(3)[0] == "-" else 1
        offset = sign * (int(match.group(3)[1:3]) * 60 + int(match.group(3)[-2:]))
    return days(match.group(1)) * 86400 * BILLION + clock(match.group(2)) - (offset or 0) * 60 * BILLION, offset


def document(text):
    """JSON with its numbers as Decimal; Snowflake's `undefined` is a text of its own."""
    strict = re.sub(r"(?<![\"\w])undefined(?![\"\w])", '"<undefined>"', text)
    try:
        return json.loads(strict, parse_float=decimal.Decimal, parse_int=decimal.Decimal)
    except ValueError:
        return text


def differences(rowtype, rows, answered, allow=lambda kind, value, said: False):
    """Where a client's rows differ from what is meant: lines of text. `allow` knows what a driver cannot hold."""
    if len(rows) != len(answered):
        return [f"{len(answered)} rows, not {len(rows)}"]
    found = []
    for place, (cells, said) in enumerate(zip(rows, answered)):
        for kind, cell, text in zip(rowtype, cells, said, strict=True):
            value, offset = meant(kind, cell)
            try:
                got, its_offset = read(kind, text)
            except (ValueError, KeyError, AttributeError) as error:
                got, its_offset = f"unreadable: {error}", None
            same = got == value and (offset is None or its_offset in (None, offset))
            if not same and not allow(kind, value, got):
                found.append(f"row {place} {kind['name']} ({kind['type']}, scale {kind.get('scale')}): {text!r}, the wire says {cell!r}")
    return found


def mixed_row_differences(said, expected):
    """A row of MIXED_ROWS_<n> against the same row in a client's text; fractions beyond microseconds and offsets may be lost."""
    kinds = ["fixed", "fixed", "real", "text", "boolean", "date", "time", "timestamp_ntz", "timestamp_tz", "variant"]
    found = []
    for kind, one, other in zip(kinds, said, expected, strict=True):
        value, got = (read({"type": kind}, text)[0] for text in (other, one))
        if kind == "timestamp_ntz":
            value, got = value // 1000, got // 1000
        if kind == "fixed":
            got = got.quantize(value)  # Go's decimals come through binary floating point
        if value != got:
            found.append(f"{kind}: {one!r}, not {other!r}")
    return "\n".join(found)
