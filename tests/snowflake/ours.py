"""snowflake-mcp in the place of a driver: the same tables, scenes and servers, in the same text form."""

import decimal
import json

import conversations
import values
from support.asking import asking


def text(cell):
    """A cell of structuredContent as a driver would print it."""
    if cell is None or isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, (int, decimal.Decimal)):
        return str(cell)
    return written(cell)


def written(value):
    """JSON with the digits that stood there."""
    if isinstance(value, decimal.Decimal):
        return str(value)
    if isinstance(value, list):
        return f"[{','.join(map(written, value))}]"
    if isinstance(value, dict):
        return f"{{{','.join(f'{json.dumps(name)}:{written(one)}' for name, one in value.items())}}}"
    return json.dumps(value, ensure_ascii=False)


def allowed(kind, value, got):
    """Where ours means to differ: control characters in a text are made visible, and inside documents `undefined` is null and a number
    of more than 15 digits a text of them (the house's form for JSON)."""
    if kind["type"] == "text":
        return got == "".join(f"\\u{{{ord(one):X}}}" if one in "\r\x01\x7f\u2028" else one for one in value)
    return kind["type"] in ("variant", "object", "array") and got == plain_json(value)


def plain_json(value):
    if isinstance(value, list):
        return [plain_json(one) for one in value]
    if isinstance(value, dict):
        return {name: plain_json(one) for name, one in value.items()}
    if isinstance(value, decimal.Decimal) and len(value.as_tuple().digits) > 15:
        return str(value)
    return None if value == "<undefined>" else value


def rows(answer):
    return [[text(cell) for cell in row] for row in answer["rows"]]


def table_fault(caller, sql, rowtype, expected):
    answer = caller.ask(sql)
    if "rows" not in answer:
        return f"no rows: {answer}"
    return "\n".join(values.differences(rowtype, expected, as_values(rowtype, rows(answer)), allowed))


def as_values(rowtype, got):
    """VARIANT, OBJECT and ARRAY cells are JSON values in ours; a text in a VARIANT comes as that text."""
    semi = [kind["type"] in ("variant", "object", "array", "map") for kind in rowtype]
    return [[json.dumps(cell, ensure_ascii=False) if is_semi and isinstance(cell, str) and not is_json(cell) else cell
             for is_semi, cell in zip(semi, row, strict=True)] for row in got]


def is_json(cell):
    try:
        json.loads(cell)
    except ValueError:
        return False
    return True


def tables(server, report, wanted):
    for form in ("arrow", "json"):
        server.set(format=form)
        chosen = {sql: table for sql, table in values.tables().items() if wanted(f"ours {form} {sql.split('.')[1]}")}
        if not chosen:
            continue
        with asking(server.port) as caller:
            for sql, (rowtype, expected) in chosen.items():
                report(f"ours {form} {sql.split('.')[1]}", table_fault(caller, sql, rowtype, expected))


def in_scene(scene, mock, key, scene_fault, missing):
    """What went wrong when snowflake-mcp played the scene, or ""."""
    mock.play(*scene.files)
    env = {name: key if value == "KEY" else value for name, value in scene.env.items()}
    with asking(mock.port, env) as caller:
        answer = caller.ask(scene.sql, 60)
        if "rows" in answer:
            answer["rows"] = rows(answer)
        caller.server.stop()
    return scene_fault(scene, answer) or missing(scene, mock)


def scenes(mock, key, report, wanted, scene_fault, missing):
    for scene in conversations.SCENES:
        name = f"recorded {scene.name}: ours"
        if scene.ours and wanted(name):
            try:
                report(name, in_scene(scene, mock, key, scene_fault, missing))
            except RuntimeError as error:
                report(name, str(error))


CATALOGUE = [
    ("list_databases", {}), ("list_schemas", {"database": "SALES"}), ("list_tables", {"database": "SALES", "schema": "PUBLIC"}),
    ("list_views", {"database": "SALES", "schema": "PUBLIC"}),
]


def at_fakesnow(port, report, wanted):
    """The tool set against the Snowflake that others wrote."""
    with asking(port, {"SNOWFLAKE_DATABASE": "SALES", "SNOWFLAKE_SCHEMA": "PUBLIC"}) as caller:
        for sql, expected in (("SELECT 1 AS a, 'x' AS b", [["1", "x"]]), ("SELECT a, b FROM sales.public.t ORDER BY a", [["1", "x"]]),
                              ("SELECT COUNT(*) AS n FROM sales.public.t", [["1"]])):
            name = f"ours at fakesnow: {sql}"
            if wanted(name):
                answer = caller.ask(sql)
                report(name, "" if "rows" in answer and rows(answer) == expected else str(answer)[:600])
        for tool, arguments in CATALOGUE:
            name = f"ours at fakesnow: {tool}"
            if wanted(name):
                answer = caller.call(tool, arguments)
                report(name, "" if "structured" in answer else str(answer)[:600])
