"""What a statement gives. Known texts come from tables/*.json (and from a test, by the control plane); the rest by small rules.

A statement that no rule knows is a syntax error, 001003, as a parser would say.
"""

import dataclasses
import itertools
import json
import pathlib
import re

from . import catalog, mixed_rows
from .sessions import Refused, folded

TABLES = pathlib.Path(__file__).parent / "tables"
SELECT, INSERT, UPDATE, DELETE, MERGE, ALTER_SESSION = 4096, 12544, 12800, 13056, 13312, 16640
USE, USE_DATABASE, USE_SCHEMA, USE_WAREHOUSE, SHOW, DESCRIBE = 17152, 17153, 17154, 17155, 17408, 17664
TRANSACTION, DDL, EXPLAIN, MULTI = 20480, 24576, 8192, 40960
WORD = r'(?:"(?:[^"]|"")+"|[\w$]+)'
NAME = rf"{WORD}(?:\.{WORD})*"


class SqlError(Refused):
    def __init__(self, code, state, message):
        super().__init__(code, message, {"errorCode": code, "sqlState": state, "internalError": False, "line": -1, "pos": -1,
                                         "age": 0, "type": "COMPILATION"})
        self.state = state


@dataclasses.dataclass
class Rows:
    """Cells in their JSON form. `source` (count, begin, end -> rows) stands for rows too many to keep."""

    rowtype: list
    rows: list = dataclasses.field(default_factory=list)
    count: int = None
    source: object = None  # mixed_rows.Source or None

    def __post_init__(self):
        if self.count is None:
            self.count = len(self.rows)

    def cells(self, begin, end):
        return self.source.cells(begin, end) if self.source else self.rows[begin:end]


@dataclasses.dataclass
class Outcome:
    rows: Rows
    type_id: int = SELECT
    always_json: bool = False
    context: dict = dataclasses.field(default_factory=dict)
    parameters: dict = dataclasses.field(default_factory=dict)
    binds: int = 0
    stats: dict = None


def text_column(name, length=16777216):
    return {"name": name, "type": "text", "length": length, "byteLength": min(length * 4, 16777216), "precision": None, "scale": None,
            "nullable": True, "database": "", "schema": "", "table": "", "collation": None}


def number_column(name, precision=38, scale=0):
    return {"name": name, "type": "fixed", "length": None, "byteLength": None, "precision": precision, "scale": scale,
            "nullable": True, "database": "", "schema": "", "table": "", "collation": None}


def status(message, type_id=DDL, **more):
    return Outcome(Rows([text_column("status")], [[message]]), type_id, True, **more)


def bare(sql):
    """The text without comments and with single blanks, upper case outside of quotes: what known statements are compared by."""
    parts = re.findall(r"'(?:[^'\\]|''|\\.)*'|\"(?:[^\"]|\"\")*\"|\$\$.*?\$\$|--[^\n]*|//[^\n]*|/\*.*?\*/|[^'\"\s/$-]+|\s+|.", sql, re.DOTALL)
    kept = [part if part[0] in "'\"" or part.startswith("$$") else part.upper() for part in parts
            if not part.startswith(("--", "//", "/*"))]
    return re.sub(r"\s+", " ", "".join(" " if part.isspace() else part for part in kept)).strip().rstrip(";").strip()


def split(sql):
    """The statements of a text, at semicolons outside of quotes and comments."""
    parts = re.findall(r"'(?:[^'\\]|''|\\.)*'|\"(?:[^\"]|\"\")*\"|\$\$.*?\$\$|--[^\n]*|//[^\n]*|/\*.*?\*/|;|[^;'\"/$-]+|.", sql, re.DOTALL)
    texts = [""]
    for part in parts:
        if part == ";":
            texts.append("")
        else:
            texts[-1] += part
    return [text.strip() for text in texts if bare(text)]


class Statements:
    def __init__(self, settings):
        self.settings = settings
        self.known, self.patterns, self.delays = {}, [], []
        for file in sorted(TABLES.glob("*.json")):
            for one in json.loads(file.read_text(encoding="utf-8")):
                self.learn(one)

    def learn(self, one):
        """{"sql" or "pattern", "rowtype", "rows"[, "type_id"][, "format": "json"][, "seconds"][, "error": [code, state, message]]}"""
        if "pattern" in one:
            self.patterns.insert(0, (re.compile(one["pattern"], re.DOTALL), one))
        else:
            self.known[bare(one["sql"])] = one

    def seconds(self, sql):
        """How long the statement runs before it has its result."""
        text = bare(sql)
        wait = re.search(r"SYSTEM\$WAIT\(\s*(\d+(?:\.\d+)?)\s*(?:,\s*'(\w+)'\s*)?\)", text, re.IGNORECASE)
        if wait:
            unit = (wait.group(2) or "SECONDS").upper()
            return float(wait.group(1)) * {"MILLISECONDS": 0.001, "SECONDS": 1, "MINUTES": 60}.get(unit, 1)
        slow = re.search(r"\bSLOW_(\d+)\b", text)
        if slow:
            return int(slow.group(1)) / 1000
        for pattern, seconds in self.delays:
            if re.search(pattern, sql, re.IGNORECASE | re.DOTALL):
                return seconds
        known = self.find(text)
        return known.get("seconds", self.settings.latency) if known else self.settings.latency

    def find(self, text):
        if text in self.known:
            return self.known[text]
        return next((one for pattern, one in self.patterns if pattern.search(text)), None)

    def run(self, session, sql, bindings):
        """The outcome; SqlError when there is none. Changes nothing but by Outcome.context and .parameters."""
        text = bare(sql)
        known = self.find(text)
        if known:
            return self.of_table(known)
        for pattern, rule in RULES:
            match = pattern.match(text)
            if match:
                outcome = rule(self, session, match, bindings, text)
                if outcome is not None:
                    return outcome
        shown = re.sub(r"\s+", " ", sql).strip()[:60]
        raise SqlError("001003", "42000", f"SQL compilation error:\nsyntax error line 1 at position 0 unexpected '{shown}'.")

    def of_table(self, known):
        if "error" in known:
            raise SqlError(*known["error"])
        rows = Rows(known["rowtype"], known.get("rows", []))
        return Outcome(rows, known.get("type_id", SELECT), known.get("format") == "json")

    # --- rules, by what the text begins with

    def generated(self, session, match, bindings, text):
        count = int(match.group(1))
        if match.group(2):
            count = min(count, int(match.group(2)))
        return Outcome(Rows(mixed_rows.ROWTYPE, count=count, source=mixed_rows.Source()))

    def slow(self, session, match, bindings, text):
        return Outcome(Rows([number_column("MS")], [[match.group(1)]]))

    def select(self, session, match, bindings, text):
        columns, cells, place = [], [], itertools.count(1)
        for number, item in enumerate(items(match.group(1)), 1):
            parsed = re.fullmatch(r"(.*?)(?:\s+AS\s+(" + WORD + r")|\s+(\"(?:[^\"]|\"\")+\"))?", item, re.DOTALL)
            expression, alias = parsed.group(1).strip(), parsed.group(2) or parsed.group(3)
            column, cell = self.value(session, expression, bindings, place)
            if column is None:
                return None
            columns.append(column | {"name": folded(alias) if alias else expression})
            cells.append(cell)
        return Outcome(Rows(columns, [cells]), binds=next(place) - 1)

    def value(self, session, expression, bindings, place):
        if re.fullmatch(r"-?\d+", expression):
            return number_column("", max(1, len(expression.lstrip("-")))), expression
        if re.fullmatch(r"-?\d*\.\d+", expression):
            digits = expression.lstrip("-").split(".")
            return number_column("", len(digits[0].lstrip("0")) + len(digits[1]), len(digits[1])), expression
        if re.fullmatch(r"'(?:[^'\\]|''|\\.)*'", expression, re.DOTALL):
            value = expression[1:-1].replace("''", "'")
            return text_column("", max(1, len(value))), value
        if expression in ("NULL", "TRUE", "FALSE"):
            kind = text_column("", 0) if expression == "NULL" else {**text_column(""), "type": "boolean"}
            return kind, {"NULL": None, "TRUE": "1", "FALSE": "0"}[expression]
        if expression == "?" or re.fullmatch(r":\d+", expression):
            key = str(next(place)) if expression == "?" else expression[1:]
            return bound(bindings, key)
        call = re.fullmatch(r"(CURRENT_\w+|SYSTEM\$\w+|GET_DDL)\((.*)\)", expression, re.DOTALL)
        return self.function(session, call) if call else (None, None)

    def function(self, session, call):
        name, argument = call.group(1), call.group(2)
        context = session.context
        answers = {
            "CURRENT_VERSION": "9.99.9", "CURRENT_ROLE": context["role"], "CURRENT_WAREHOUSE": context["warehouse"],
            "CURRENT_DATABASE": context["database"], "CURRENT_SCHEMA": context["schema"], "CURRENT_USER": session.user,
            "CURRENT_ACCOUNT": session.account.upper() or "SCRIPTED", "CURRENT_ACCOUNT_NAME": session.account.upper() or "SCRIPTED",
            "CURRENT_ORGANIZATION_NAME": "SCRIPTS", "CURRENT_REGION": "AWS_US_WEST_2", "CURRENT_SESSION": str(session.number),
            "CURRENT_SECONDARY_ROLES": json.dumps({"roles": "", "value": "" if context["secondary_roles"] == "NONE" else "ALL"}),
            "CURRENT_AVAILABLE_ROLES": json.dumps(catalog.ROLES),
        }
        if name == "SYSTEM$WAIT":
            return text_column("", 40), f"waited {argument.split(',')[0].strip()} seconds"
        if name == "GET_DDL":
            return text_column(""), catalog.ddl(session, argument)
        return (text_column(""), answers[name]) if name in answers else (None, None)

    def use(self, session, match, bindings, text):
        kind, name = (match.group(1) or "").strip(), match.group(2)
        if kind == "SECONDARY ROLES":
            if name not in ("ALL", "NONE"):
                raise SqlError("001003", "42000", f"SQL compilation error: USE SECONDARY ROLES {name}")
            return status("Statement executed successfully.", USE, context={"secondary_roles": name})
        parts = [folded(part) for part in re.findall(WORD, name)]
        catalog.check(kind or "DATABASE", parts)
        changes = {
            "ROLE": {"role": parts[-1]}, "WAREHOUSE": {"warehouse": parts[-1]}, "SCHEMA": {"schema": parts[-1]},
            "DATABASE": {"database": parts[0], "schema": parts[1] if len(parts) > 1 else "PUBLIC"},
        }[kind or "DATABASE"]
        if kind == "SCHEMA" and len(parts) == 2:
            changes["database"] = parts[0]
        type_id = {"WAREHOUSE": USE_WAREHOUSE, "SCHEMA": USE_SCHEMA, "DATABASE": USE_DATABASE}.get(kind, USE)
        return status("Statement executed successfully.", type_id, context=changes)

    def alter_session(self, session, match, bindings, text):
        changes = {}
        for name, value in re.findall(r"(\w+)\s*=\s*('(?:[^']|'')*'|[\w.+-]+)", match.group(2)):
            changes[name.upper()] = plain(value)
        if match.group(1).upper() == "UNSET":
            from .sessions import PARAMETERS  # noqa: PLC0415
            changes = {name: PARAMETERS.get(name) for name in re.findall(r"\w+", match.group(2).upper())}
        return status("Statement executed successfully.", ALTER_SESSION, parameters=changes)

    def show(self, session, match, bindings, text):
        columns, rows = catalog.show(session, match.group(1), text)
        return Outcome(Rows(columns, rows), SHOW, True)

    def describe(self, session, match, bindings, text):
        columns, rows = catalog.describe(session, match.group(1), match.group(2))
        return Outcome(Rows(columns, rows), DESCRIBE, True)

    def explain(self, session, match, bindings, text):
        inner = self.run(session, match.group(2), bindings)
        size = self.settings.explain_bytes if inner.type_id == SELECT else 0
        return Outcome(catalog.explained((match.group(1) or "TABULAR").split()[-1], match.group(2), size), EXPLAIN, True)

    def written(self, session, match, bindings, text):
        kind = match.group(1).split()[0]
        if kind in ("INSERT", "UPDATE", "DELETE", "MERGE"):
            names = {"INSERT": ["number of rows inserted"], "DELETE": ["number of rows deleted"],
                     "UPDATE": ["number of rows updated", "number of multi-joined rows updated"],
                     "MERGE": ["number of rows inserted", "number of rows updated"]}[kind]
            count = str(len(bindings["1"]["value"])) if bindings and isinstance(bindings.get("1", {}).get("value"), list) else "1"
            type_id = {"INSERT": INSERT, "UPDATE": UPDATE, "DELETE": DELETE, "MERGE": MERGE}[kind]
            rows = Rows([number_column(name) for name in names], [[count] + ["0"] * (len(names) - 1)])
            return Outcome(rows, type_id, True, stats={"numRowsInserted": int(count) if kind == "INSERT" else 0, "numRowsUpdated": 0,
                                                       "numRowsDeleted": 0, "numDmlDuplicates": 0}, binds=text.count("?"))
        done = {"CREATE": "successfully created.", "DROP": "successfully dropped."}.get(kind, "executed successfully.")
        return status(f"Statement {done}", DDL)

    def transaction(self, session, match, bindings, text):
        return status("Statement executed successfully.", TRANSACTION)


def plain(value):
    if value.startswith("'"):
        return value[1:-1].replace("''", "'")
    if value.upper() in ("TRUE", "FALSE"):
        return value.upper() == "TRUE"
    return int(value) if re.fullmatch(r"-?\d+", value) else value


def items(text):
    """The items of a select list: commas outside of quotes and brackets."""
    depth, item = 0, ""
    for part in re.findall(r"'(?:[^'\\]|''|\\.)*'|\"(?:[^\"]|\"\")*\"|.", text, re.DOTALL):
        depth += (part in "([") - (part in ")]") if len(part) == 1 else 0
        if part == "," and depth == 0:
            yield item.strip()
            item = ""
        else:
            item += part
    yield item.strip()


def bound(bindings, key):
    """A bound value comes back in the column type it was sent as, in a result's form of that type."""
    binding = (bindings or {}).get(key)
    if binding is None:
        raise SqlError("002049", "42601", f"SQL compilation error: Bind variable :{key} not set.")
    kind, value = str(binding.get("type", "TEXT")).upper(), binding.get("value")
    if kind not in BOUND:
        raise SqlError("100037", "22018", f"Bind type {kind} is not recognized")
    if value is not None and not isinstance(value, str):
        raise SqlError("100037", "22018", f"Bind value {value!r} is no string")
    try:
        return BOUND[kind](value)
    except ValueError as error:
        raise SqlError("100037", "22018", f"{kind} value '{value}' is not recognized: {error}") from None


def typed(kind, scale=0):
    return {**number_column("", 38 if kind == "fixed" else None, scale), "type": kind}


def nanoseconds(value):
    number = int(value)
    sign = "-" if number < 0 else ""
    return f"{sign}{abs(number) // 10**9}.{abs(number) % 10**9:09d}"


def of_fixed(value):
    if value is None:
        return typed("fixed"), None
    if not re.fullmatch(r"[+-]?\d+(\.\d*)?", value):
        raise ValueError("no number")
    return typed("fixed", len(value.partition(".")[2])), value


def when(value, make):
    return None if value is None else make(value)


def offset_form(value):
    instant, offset = value.split(" ")
    return f"{nanoseconds(instant)} {int(offset)}"


BOUND = {
    "FIXED": of_fixed,
    "REAL": lambda value: (typed("real"), when(value, lambda text: repr(float(text)))),
    "TEXT": lambda value: (text_column(""), value),
    "ANY": lambda value: (text_column(""), value),
    "BOOLEAN": lambda value: (typed("boolean"), when(value, lambda text: {"true": "1", "1": "1"}.get(text.lower(), "0"))),
    "BINARY": lambda value: (typed("binary"), when(value, lambda text: bytes.fromhex(text).hex().upper())),
    "DATE": lambda value: (typed("date"), when(value, lambda text: str(int(text) // 86_400_000))),
    "TIME": lambda value: (typed("time", 9), when(value, nanoseconds)),
    "TIMESTAMP_NTZ": lambda value: (typed("timestamp_ntz", 9), when(value, nanoseconds)),
    "TIMESTAMP_LTZ": lambda value: (typed("timestamp_ltz", 9), when(value, nanoseconds)),
    "TIMESTAMP_TZ": lambda value: (typed("timestamp_tz", 9), when(value, offset_form)),
    "VARIANT": lambda value: (typed("variant"), value),
    "OBJECT": lambda value: (typed("object"), value),
    "ARRAY": lambda value: (typed("array"), value),
    "DECFLOAT": lambda value: (typed("decfloat"), value),
}

RULES = [(re.compile(pattern, re.DOTALL | re.IGNORECASE), rule) for pattern, rule in [
    (rf"SELECT \* FROM (?:{NAME}\.)?MIXED_ROWS_(\d+)(?: LIMIT (\d+))?$", Statements.generated),
    (rf"SELECT \* FROM (?:{NAME}\.)?SLOW_(\d+)$", Statements.slow),
    (r"USE (?:(ROLE|WAREHOUSE|DATABASE|SCHEMA|SECONDARY ROLES) )?(" + NAME + r")$", Statements.use),
    (r"ALTER SESSION (SET|UNSET) (.+)$", Statements.alter_session),
    (r"SHOW (?:TERSE )?((?:[A-Z]+ )*?[A-Z]+)(?: (?:LIKE|IN|STARTS|LIMIT|HISTORY|TO)\b.*)?$", Statements.show),
    (r"DESC(?:RIBE)? (TABLE|VIEW|SEMANTIC VIEW|WAREHOUSE|RESULT) (" + NAME + r")$", Statements.describe),
    (r"EXPLAIN (?:(USING \w+) )?(.+)$", Statements.explain),
    (r"(INSERT|UPDATE|DELETE|MERGE|CREATE|DROP|ALTER|TRUNCATE|GRANT|REVOKE|COPY)\b", Statements.written),
    (r"(BEGIN|START TRANSACTION|COMMIT|ROLLBACK)\b", Statements.transaction),
    (r"SELECT (.+?)(?: LIMIT \d+)?$", Statements.select),
]]
