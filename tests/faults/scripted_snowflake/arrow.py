"""A result's rows as Snowflake's Arrow: one IPC stream, made from the JSON cells, so that both formats say the same.

Physical encodings follow what the official drivers decode (snowflake-wire.md sections 5 and 15). Integers take the smallest
width that holds the batch, so the same column may be int8 in one chunk and decimal128 in the next, as with Snowflake.
"""

import decimal
import io
import json

decimal.getcontext().prec = 80


def available():
    try:
        import pyarrow  # noqa: F401, PLC0415
    except ImportError:
        return False
    return True


def stream(rowtype, rows, batch_rows=0):
    """Bytes of an IPC stream with record batches of `batch_rows` rows (0: one)."""
    import pyarrow  # noqa: PLC0415

    columns = list(zip(*rows)) if rows else [() for _ in rowtype]
    encoded = [column(pyarrow, kind, cells) for kind, cells in zip(rowtype, columns)]
    fields = [pyarrow.field(kind["name"], array.type, True, metadata(kind)) for kind, array in zip(rowtype, encoded)]
    return write(pyarrow, pyarrow.schema(fields), encoded, len(rows), batch_rows)


def stream_of_source(rowtype, source, begin, end, batch_rows=0):
    """The same for rows that a source makes by columns."""
    import pyarrow  # noqa: PLC0415

    arrays = source.arrays(pyarrow, begin, end)
    fields = [pyarrow.field(kind["name"], array.type, True, metadata(kind)) for kind, array in zip(rowtype, arrays)]
    return write(pyarrow, pyarrow.schema(fields), arrays, end - begin, batch_rows)


def write(pyarrow, schema, arrays, count, batch_rows):
    out = io.BytesIO()
    with pyarrow.ipc.new_stream(out, schema) as writer:
        step = batch_rows or max(1, count)
        for begin in range(0, count, step):
            writer.write_batch(pyarrow.RecordBatch.from_arrays([array.slice(begin, step) for array in arrays], schema=schema))
    return out.getvalue()


def metadata(kind):
    name = kind["type"].upper()
    known = {
        "logicalType": name, "finalType": "T", "physicalType": "", "precision": kind.get("precision") or 0,
        "scale": kind.get("scale") or 0, "charLength": kind.get("length") or 0, "byteLength": byte_length(kind),
    }
    return {key: str(value) for key, value in known.items() if value is not None}


def byte_length(kind):
    if kind["type"].upper() == "TIMESTAMP_TZ":
        return 8 if (kind.get("scale") or 0) <= 3 else 16
    return kind.get("byteLength") or 0


def column(pyarrow, kind, cells):
    name = kind["type"].lower()
    if kind.get("fields") and name in ("object", "array", "map"):
        return structured(pyarrow, kind, cells)
    encode = {
        "fixed": fixed, "real": real, "decfloat": decfloat, "boolean": boolean, "date": date, "time": time_of_day,
        "timestamp_ntz": timestamp, "timestamp_ltz": timestamp, "timestamp_tz": timestamp_tz, "binary": binary,
        "vector": vector, "interval_year_month": months, "interval_day_time": nanoseconds,
    }.get(name, text)
    return encode(pyarrow, kind, cells)


def scaled(cell, scale):
    return int(decimal.Decimal(cell).scaleb(scale).to_integral_exact())


def each(convert, cells):
    return [None if cell is None else convert(cell) for cell in cells]


def fixed(pyarrow, kind, cells):
    scale = kind.get("scale") or 0
    values = each(lambda cell: scaled(cell, scale), cells)
    largest = max((abs(value) + (value >= 0) for value in values if value is not None), default=0)
    for bits in (8, 16, 32, 64):
        if largest <= 1 << (bits - 1):
            return pyarrow.array(values, getattr(pyarrow, f"int{bits}")())
    return pyarrow.array(each(decimal.Decimal, cells), pyarrow.decimal128(38, scale))


def real(pyarrow, kind, cells):
    return pyarrow.array(each(float, cells), pyarrow.float64())


def decfloat(pyarrow, kind, cells):
    def parts(cell):
        sign, digits, exponent = decimal.Decimal(cell).normalize().as_tuple()
        number = int("".join(map(str, digits))) * (-1 if sign else 1)
        return {"exponent": exponent, "significand": number.to_bytes(number.bit_length() // 8 + 1, "big", signed=True)}

    return pyarrow.array(each(parts, cells), pyarrow.struct([("exponent", pyarrow.int16()), ("significand", pyarrow.binary())]))


def boolean(pyarrow, kind, cells):
    return pyarrow.array(each(lambda cell: cell.lower() in ("1", "true"), cells), pyarrow.bool_())


def date(pyarrow, kind, cells):
    return pyarrow.array(each(int, cells), pyarrow.int32()).cast(pyarrow.date32())


def time_of_day(pyarrow, kind, cells):
    scale = kind["scale"]
    return pyarrow.array(each(lambda cell: scaled(cell, scale), cells), pyarrow.int32() if scale <= 4 else pyarrow.int64())


def epoch_and_fraction(cell):
    """Floor of the seconds, and a fraction in nanoseconds that is never negative."""
    return divmod(scaled(cell, 9), 1_000_000_000)


def timestamp(pyarrow, kind, cells):
    scale = kind["scale"]
    if scale <= 7:
        return pyarrow.array(each(lambda cell: scaled(cell, scale), cells), pyarrow.int64())
    parts = each(lambda cell: dict(zip(("epoch", "fraction"), epoch_and_fraction(cell))), cells)
    return pyarrow.array(parts, pyarrow.struct([("epoch", pyarrow.int64()), ("fraction", pyarrow.int32())]))


def timestamp_tz(pyarrow, kind, cells):
    scale = kind["scale"]

    def parts(cell):
        seconds, zone = cell.split(" ")
        if byte_length(kind) == 8:
            return {"epoch": scaled(seconds, scale), "timezone": int(zone)}
        epoch, fraction = epoch_and_fraction(seconds)
        return {"epoch": epoch, "fraction": fraction, "timezone": int(zone)}

    fields = [("epoch", pyarrow.int64()), ("timezone", pyarrow.int32())]
    if byte_length(kind) == 16:
        fields.insert(1, ("fraction", pyarrow.int32()))
    return pyarrow.array(each(parts, cells), pyarrow.struct(fields))


def binary(pyarrow, kind, cells):
    return pyarrow.array(each(bytes.fromhex, cells), pyarrow.binary())


def vector(pyarrow, kind, cells):
    element = (kind.get("fields") or [{"type": "real"}])[0]["type"].lower()
    inner = pyarrow.int32() if element == "fixed" else pyarrow.float32()
    return pyarrow.array(each(json.loads, cells), pyarrow.list_(inner, kind["vectorDimension"]))


def months(pyarrow, kind, cells):
    return pyarrow.array(each(int, cells), pyarrow.int64())


def nanoseconds(pyarrow, kind, cells):
    values = each(int, cells)
    if all(value is None or abs(value) < 1 << 63 for value in values):
        return pyarrow.array(values, pyarrow.int64())
    return pyarrow.array(each(decimal.Decimal, cells), pyarrow.decimal128(38, 0))


def text(pyarrow, kind, cells):
    return pyarrow.array(cells, pyarrow.string())


# --- structured types: the cell is JSON text, its parts are written as JSON cells of their own types

def structured(pyarrow, kind, cells):
    values = each(lambda cell: json.loads(cell, parse_float=str, parse_int=str), cells)
    return nested(pyarrow, kind, values)


def nested(pyarrow, kind, values):
    name, fields = kind["type"].lower(), kind.get("fields") or []
    if name == "object" and fields:
        children = [nested(pyarrow, one, [None if value is None else value.get(one["name"]) for value in values]) for one in fields]
        described = [pyarrow.field(one["name"], child.type, True, metadata(one)) for one, child in zip(fields, children)]
        return pyarrow.StructArray.from_arrays(children, fields=described, mask=pyarrow.array([value is None for value in values]))
    if name == "array" and fields:
        offsets, flat = flattened(values, list)
        child = nested(pyarrow, fields[0], flat)
        kind_of_list = pyarrow.list_(pyarrow.field("item", child.type, True, metadata(fields[0])))
        return pyarrow.ListArray.from_arrays(pyarrow.array(offsets, pyarrow.int32()), child, type=kind_of_list)
    if name == "map" and fields:
        return mapped(pyarrow, fields, values)
    cells = each(lambda value: ("1" if value else "0") if isinstance(value, bool) else value, values)
    return column(pyarrow, kind, cells)


def flattened(values, parts):
    """Offsets with None where the value is null, as from_arrays wants them, and all parts in a row."""
    offsets, flat = [], []
    for value in values:
        offsets.append(None if value is None else len(flat))
        flat += [] if value is None else parts(value)
    return [*offsets, len(flat)], flat


def mapped(pyarrow, fields, values):
    offsets, flat = flattened(values, lambda value: list(value.items()))
    key, item = (nested(pyarrow, one, [pair[place] for pair in flat]) for place, one in enumerate(fields))
    kind = pyarrow.map_(pyarrow.field("key", key.type, False, metadata(fields[0])), pyarrow.field("value", item.type, True, metadata(fields[1])))
    return pyarrow.MapArray.from_arrays(pyarrow.array(offsets, pyarrow.int32()), key, item, type=kind)
